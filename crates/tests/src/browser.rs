//! A headless Chromium, driven over its debugging pipe (messages of the DevTools protocol, each ended by a NUL).

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::patience;

/// A browser with one page; ended when dropped.
pub struct Browser {
    child: Child,
    commands: File,
    messages: Receiver<Value>,
    session: String,
    next: u64,
    /// What the page has logged or thrown, and addresses that it asked for.
    pub complaints: Vec<String>,
    pub asked: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// # Panics
    /// When there is no Chromium: `scripts/install-dependencies` installs it.
    pub fn start() -> Self {
        let profile = tempfile::Builder::new().prefix("streamsql-browser-").tempdir().expect("a folder");
        let path = |name: &str| profile.path().join(name);
        let made = Command::new("mkfifo").args([path("in"), path("out")]).status();
        assert!(made.is_ok_and(|status| status.success()), "named pipes can be made");
        // The browser reads commands from descriptor 3 and writes to 4.
        let script = "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                      --remote-debugging-pipe --user-data-dir=\"$1/profile\" about:blank 3<\"$1/in\" 4>\"$1/out\"";
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let commands = File::options().write(true).open(path("in")).expect("the browser's commands");
        let out = path("out");
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(File::open(out).expect("the browser's answers"));
            loop {
                let mut message = Vec::new();
                if reader.read_until(0, &mut message).unwrap_or(0) == 0 {
                    return;
                }
                message.pop();
                let message = serde_json::from_slice(&message).expect("a message is JSON");
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        assert!(
            child.try_wait().expect("a child").is_none(),
            "chromium does not start: run scripts/install-dependencies"
        );
        let mut browser = Self {
            child,
            commands,
            messages,
            session: String::new(),
            next: 0,
            complaints: Vec::new(),
            asked: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        attached["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        for domain in ["Runtime", "Log", "Network", "Page"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Sends a command; its result.
    ///
    /// # Panics
    /// When the browser refuses it, ends, or hangs.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut command = json!({ "id": id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).expect("the browser takes commands; is chromium installed?");
        loop {
            let message = patience::wait_for(method, || self.messages.try_recv().ok());
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.notice(&message);
        }
    }

    fn notice(&mut self, message: &Value) {
        let parameters = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded" => {
                self.complaints.push(parameters.to_string());
            }
            "Network.requestWillBeSent" => {
                self.asked.push(parameters["request"]["url"].as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }

    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
    }

    /// The value of an expression in the page.
    ///
    /// # Panics
    /// When it throws.
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Waits until an expression in the page is true. What throws, because something is not there yet, is not.
    ///
    /// # Panics
    /// When it never is.
    pub fn wait(&mut self, expression: &str) {
        let tried = format!("(() => {{ try {{ return {expression}; }} catch {{ return false; }} }})()");
        patience::wait_for(expression, || (self.value(&tried) == true).then_some(()));
    }

    /// Sets the size of the window, and whether dark colours are wanted.
    pub fn look(&mut self, width: u32, height: u32, dark: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if key.chars().count() == 1 { key } else { "" };
            self.call("Input.dispatchKeyEvent", json!({ "type": kind, "key": key, "text": text }));
        }
    }

    /// Writes what is seen to a file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn screenshot(&mut self, file: &Path) {
        let data = self.call("Page.captureScreenshot", json!({ "format": "png" }))["data"].clone();
        let bytes = STANDARD.decode(data.as_str().expect("a picture")).expect("base64");
        std::fs::write(file, bytes).expect("the picture is written");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
