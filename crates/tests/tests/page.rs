//! The page in a real browser, before a real running job: every view opens and shows what REST says, with keys alone, in
//! light and dark, on a phone, and after the job was started anew; the Board over the demo's Postgres. The pictures of the
//! README are made here.

use std::path::PathBuf;

use serde_json::Value;
use streamsql_tests::browser::Browser;
use streamsql_tests::patience::wait_for;
use streamsql_tests::served::{ENDLESS, Served, TOO_FAST};

/// Elements whose text stands out too little from what is behind it (WCAG 2.1, 1.4.3: 4.5 to 1), and controls without a
/// name.
const AXE: &str = r#"(() => {
  const wrong = [];
  const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      if (element.classList?.contains("node")) return rgb(getComputedStyle(element.querySelector("rect")).fill);
      const colour = rgb(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !element.getClientRects().length || /^(SCRIPT|STYLE|NOSCRIPT|OPTION|title)$/.test(element.tagName)) continue;
    if (element.className === "skip") continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgb(element instanceof SVGElement ? style.fill : style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) wrong.push(`${element.tagName}.${element.getAttribute("class")} "${element.textContent.slice(0, 30)}": ${ratio.toFixed(2)}`);
  }
  for (const element of document.querySelectorAll("a, button, input, select, [tabindex='0']")) {
    const name = element.getAttribute("aria-label") || element.textContent.trim();
    if (!name) wrong.push(`${element.outerHTML.slice(0, 80)} has no name`);
  }
  if (!document.documentElement.lang || !document.title) wrong.push("no language or title");
  return wrong;
})()"#;

fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_view_shows_the_running_job() {
    let served = Served::start(ENDLESS, "127.0.0.1:0", &["--parallelism", "2"]);
    served.wait("/api/v1/job", "/rows_out", |rows| rows.as_u64() > Some(0));
    let nodes = served.json("/api/v1/nodes")["nodes"].as_array().unwrap().clone();
    let grouped = nodes.iter().position(|node| node["kind"] == "GroupAggregate").unwrap();
    let mut browser = Browser::start();
    browser.look(1_300, 800, false);
    browser.open(&served.url);
    browser.wait(&format!("document.querySelectorAll('.node').length === {}", nodes.len()));
    browser.wait("document.getElementById('state').textContent === 'running'");
    assert_eq!(browser.value("document.getElementById('name').textContent"), "served");
    assert_eq!(browser.value("document.getElementById('why').hidden"), true);
    for node in &nodes {
        let kind = node["kind"].as_str().unwrap();
        browser.wait(&format!("[...document.querySelectorAll('.node')].some((n) => n.getAttribute('aria-label').startsWith('{kind}'))"));
    }
    let five = "document.body.innerText.includes('5 keys') || [...document.querySelectorAll('.node text')].some((t) => t.textContent.includes('5 keys'))";
    browser.wait(five);

    // With keys: into a node, to the views, back.
    browser.value(&format!("document.querySelectorAll('.node')[{grouped}].focus()"));
    browser.press("Enter");
    browser.wait(&format!("location.hash === '#/node/{grouped}'"));
    let views: [(&str, &str, &str); 7] = [
        (
            "node",
            "",
            "document.querySelector('pre .hit')?.textContent.includes('GROUP BY') && document.querySelectorAll('.chart path[d^=M]').length >= 6 && document.querySelector('[aria-label^=\"Largest keys\"]')?.querySelectorAll('tbody tr').length === 5",
        ),
        ("board", "2", "document.querySelector('main').innerText.includes('this job writes none')"),
        (
            "time",
            "3",
            "document.querySelectorAll('.strip i').length === 1 && document.querySelector('.bars .delay') !== null && document.querySelector('main').innerText.includes('would keep 99.9 %') && document.querySelector('main').innerText.includes('clicks')",
        ),
        (
            "epochs",
            "4",
            "document.querySelectorAll('.bars rect').length > 2 && document.querySelectorAll('main tbody tr').length > 0",
        ),
        (
            "rows",
            "5",
            "document.querySelectorAll('main tbody tr').length > 3 && document.querySelector('main select').value !== ''",
        ),
        ("errors", "6", "document.querySelector('main').innerText.includes('No record was put aside')"),
        ("sql", "7", "document.querySelector('main pre')?.textContent.includes('GROUP BY k') === true"),
    ];
    for (name, key, shows) in views {
        if !key.is_empty() {
            browser.press(key);
            browser.wait(&format!("location.hash.startsWith('#/{name}')"));
        }
        browser.wait(shows);
        for dark in [false, true] {
            browser.look(1_300, 800, dark);
            assert_eq!(browser.value(AXE), Value::Array(Vec::new()), "{name}, dark: {dark}");
        }
        browser.screenshot(&pictures().join(format!("{name}.png")));
    }
    // A filter leaves rows out; Escape leads back.
    browser.press("5");
    browser.wait("document.querySelectorAll('main tbody tr').length > 3");
    browser.press("/");
    browser.wait("document.activeElement.id === 'filter'");
    for key in ["z", "z", "z"] {
        browser.press(key);
    }
    browser.wait("document.querySelectorAll('main tbody tr').length === 0");
    browser.press("Escape");
    browser.press("Escape");
    browser.wait("location.hash === '#/graph'");
    browser.look(390, 800, true);
    browser.wait("document.documentElement.scrollWidth <= 390");
    browser.screenshot(&pictures().join("phone.png"));
    browser.look(1_300, 500, false);
    browser.wait(&format!("document.querySelectorAll('.node').length === {}", nodes.len()));
    browser.screenshot(&pictures().join("graph.png"));
    assert_eq!(browser.complaints, Vec::<String>::new());
    let foreign: Vec<&String> = browser.asked.iter().filter(|url| !url.starts_with(&served.url)).collect();
    assert!(foreign.is_empty() && browser.asked.len() > 8, "{foreign:?} of {}", browser.asked.len());

    // The job ends; another one comes at the same place.
    let (authority, started) =
        (served.authority().to_owned(), served.json("/api/v1/job")["started_at"].clone());
    drop(served);
    browser.wait("document.getElementById('state').textContent === 'not connected'");
    let again = Served::start(ENDLESS, &authority, &[]);
    assert_eq!(again.authority(), authority);
    browser.wait("document.getElementById('state').textContent === 'running'");
    assert_ne!(again.json("/api/v1/job")["started_at"], started);
}

#[test]
fn a_node_whose_rows_wait_is_drawn_as_blocked() {
    let served = Served::start(TOO_FAST, "127.0.0.1:0", &[]);
    let mut browser = Browser::start();
    browser.look(1_300, 800, false);
    browser.open(&served.url);
    browser.wait(
        "/, blocked \\d+ %/.test(document.querySelector('.node.blocked')?.getAttribute('aria-label') ?? '')",
    );
    for dark in [false, true] {
        browser.look(1_300, 800, dark);
        browser.wait("document.querySelector('.node.blocked') !== null");
        assert_eq!(browser.value(AXE), Value::Array(Vec::new()), "dark: {dark}");
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// What the Board shows of a panel: the texts and figures of its bars.
const BARS: &str = "[...document.querySelectorAll('.panel')].map((panel) => [panel.querySelector('h2').textContent, [...panel.querySelectorAll('.gauge li, .legend li')].map((bar) => bar.textContent.trim())])";

#[test]
fn the_board_shows_the_table_of_the_reference_job() {
    let served = Served::demo(&["--rate", "100"]);
    served.wait("/api/v1/job", "/rows_out", |rows| rows.as_u64() > Some(100));
    let mut browser = Browser::start();
    browser.look(1_180, 860, false);
    browser.open(&format!("{}/#/board", served.url));
    let panels = served
        .wait("/api/v1/board", "/panels/0/rows", |rows| rows.as_array().is_some_and(|rows| !rows.is_empty()));
    assert_eq!(panels["table"], "shop.checkout_attribution", "{panels}");
    browser.wait("document.querySelectorAll('.panel').length === 5 && document.querySelectorAll('.gauge li').length > 5");
    browser.wait("document.querySelectorAll('.lines polyline, .lines circle').length >= 2 && document.querySelectorAll('.donut circle').length === 2");
    // What is drawn is what REST says in that moment.
    let same = "fetch('/api/v1/board').then((answer) => answer.json()).then(({ panels }) => panels.filter((one) => one.kind === 'bargauge').every((one) => {
        const section = [...document.querySelectorAll('.panel')].find((panel) => panel.querySelector('h2').textContent === one.title);
        const drawn = [...section.querySelectorAll('.gauge li')].map((bar) => [bar.children[0].textContent, bar.children[2].textContent]);
        const said = one.rows.map((row) => Object.values(row)).map(([about, n]) => [String(about ?? '–'), n.toLocaleString('en')]);
        return JSON.stringify(drawn) === JSON.stringify(said);
      }))";
    wait_for("the Board shows what REST says", || (browser.value(same) == true).then_some(()));
    let bars = browser.value(BARS);
    for (title, shows) in [
        ("Customer Checkout Source", "Google"),
        ("Most Popular Product Category", ""),
        ("Customer's Gender", " %"),
        ("Fail Payment", ""),
        ("Revenue and Profit", "revenue $"),
    ] {
        let panel = bars.as_array().unwrap().iter().find(|panel| panel[0] == title);
        let texts = panel.unwrap_or_else(|| panic!("no {title} in {bars}"))[1].as_array().unwrap();
        assert!(texts.iter().any(|text| text.as_str().unwrap().contains(shows)), "{title}: {texts:?}");
    }
    for dark in [true, false] {
        browser.look(1_180, 860, dark);
        assert_eq!(browser.value(AXE), Value::Array(Vec::new()), "dark: {dark}");
    }
    browser.screenshot(&pictures().join("demo-board.png"));
    browser.look(390, 800, true);
    browser.wait("document.documentElement.scrollWidth <= 390");
    browser.screenshot(&pictures().join("demo-board-phone.png"));
    browser.look(1_180, 1_060, false);
    browser.press("1");
    browser.wait("[...document.querySelectorAll('.node')].some((node) => node.getAttribute('aria-label').startsWith('IntervalJoin'))");
    browser
        .wait("[...document.querySelectorAll('.node text')].some((text) => / keys$/.test(text.textContent))");
    assert_eq!(browser.value(AXE), Value::Array(Vec::new()));
    browser.screenshot(&pictures().join("demo-graph.png"));
    assert_eq!(browser.complaints, Vec::<String>::new());
    drop(browser);
    let log = served.log();
    assert!(!log.contains("Board"), "{log}");
    assert_eq!(served.end(), Some(0));
}
