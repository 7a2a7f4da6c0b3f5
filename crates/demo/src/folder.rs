//! The demo's temporary folder and the processes that live in it.
//!
//! A shell waits at the other end of a pipe. When our end closes — we are done, were interrupted twice or killed — it
//! ends the processes that it was told of and removes the folder. It is in a process group of its own: a terminal's
//! Ctrl-C does not reach it.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use streamsql_core::{Error, Result};

/// Lines of the pipe are process ids. An ended process whose parent is gone may stay a zombie: the wait is bounded. A
/// process started by a script's background job may ignore QUIT, and is killed then.
const GUARD: &str = r#"
trap '' INT TERM HUP
while read -r pid; do pids="$pids $pid"; done
for pid in $pids; do kill -QUIT "$pid" 2>/dev/null; done
tries=100
for pid in $pids; do
  while [ $tries -gt 0 ] && kill -0 "$pid" 2>/dev/null; do tries=$((tries - 1)); sleep 0.1; done
  [ $tries -gt 0 ] || kill -KILL "$pid" 2>/dev/null
done
rm -rf -- "$1"
"#;

#[derive(Debug)]
pub struct DemoFolder {
    path: PathBuf,
    pipe: Option<ChildStdin>,
    guard: Child,
    children: Vec<Child>,
}

impl DemoFolder {
    /// Makes the folder. Other users may pass through it, not list it.
    ///
    /// # Errors
    /// `Unreachable` when it cannot be made.
    pub fn create() -> Result<Self> {
        let failed = |e: std::io::Error| Error::unreachable(format!("cannot make a temporary folder: {e}"));
        let folder = tempfile::Builder::new().prefix("streamsql-demo-").tempdir().map_err(failed)?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).map_err(failed)?;
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "streamsql-demo-guard"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let pipe = guard.stdin.take();
        // From here on the guard removes it.
        Ok(Self { path: folder.keep(), pipe, guard, children: Vec::new() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder in it.
    ///
    /// # Errors
    /// `Unreachable` when it cannot be made.
    pub fn subfolder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path)
            .map_err(|e| Error::unreachable(format!("cannot make {}: {e}", path.display())))?;
        Ok(path)
    }

    /// Ends the process with the folder.
    ///
    /// # Errors
    /// `Unreachable` when the guard is gone; the process is ended then.
    pub fn adopt(&mut self, mut child: Child) -> Result<()> {
        let told = self.pipe.as_mut().is_some_and(|pipe| writeln!(pipe, "{}", child.id()).is_ok());
        if !told {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Error::unreachable("the shell that guards the demo's folder has ended"));
        }
        self.children.push(child);
        Ok(())
    }
}

impl Drop for DemoFolder {
    fn drop(&mut self) {
        self.pipe = None;
        // Our children stay zombies until we have asked for them; the guard waits for that.
        for child in &mut self.children {
            let _ = child.wait();
        }
        let _ = self.guard.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_and_files_go_with_it() {
        let mut folder = DemoFolder::create().unwrap();
        std::fs::write(folder.subfolder("a").unwrap().join("b"), "c").unwrap();
        let path = folder.path().to_path_buf();
        let child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        folder.adopt(child).unwrap();
        assert!(process.exists());
        drop(folder);
        assert!(!path.exists());
        assert!(!process.exists());
    }
}
