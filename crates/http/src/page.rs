//! The page: a handful of files in the binary. They come from here alone, so the page works without any network.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;

use crate::routes::{Shared, error, text};

/// Name, content type, content.
const FILES: [(&str, &str, &[u8]); 11] = [
    ("index.html", "text/html; charset=utf-8", include_bytes!("../page/index.html")),
    ("style.css", "text/css; charset=utf-8", include_bytes!("../page/style.css")),
    ("icon.svg", "image/svg+xml", include_bytes!("../page/icon.svg")),
    ("app.js", "text/javascript; charset=utf-8", include_bytes!("../page/app.js")),
    ("dom.js", "text/javascript; charset=utf-8", include_bytes!("../page/dom.js")),
    ("board.js", "text/javascript; charset=utf-8", include_bytes!("../page/board.js")),
    ("keys.js", "text/javascript; charset=utf-8", include_bytes!("../page/keys.js")),
    ("graph.js", "text/javascript; charset=utf-8", include_bytes!("../page/graph.js")),
    ("charts.js", "text/javascript; charset=utf-8", include_bytes!("../page/charts.js")),
    ("sql.js", "text/javascript; charset=utf-8", include_bytes!("../page/sql.js")),
    ("views.js", "text/javascript; charset=utf-8", include_bytes!("../page/views.js")),
];

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(async || file("index.html")))
        .route("/page/{name}", get(async |Path(name): Path<String>| file(&name)))
}

fn file(name: &str) -> Response<Body> {
    let Some((_, content_type, content)) = FILES.iter().find(|(known, ..)| *known == name) else {
        return error(StatusCode::NOT_FOUND, "the page has no such file");
    };
    let mut response = text(content_type, *content);
    // Another version of the program may answer next time.
    response.headers_mut().insert("cache-control", HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(name: &str) -> &'static str {
        let (.., content) =
            FILES.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("no {name}"));
        std::str::from_utf8(content).unwrap()
    }

    #[test]
    fn the_page_asks_for_nothing_that_is_not_here() {
        for (name, _, content) in FILES {
            let text = std::str::from_utf8(content).unwrap();
            // Names of XML's namespaces are no addresses that are asked.
            let addresses = text.match_indices("://").map(|(at, _)| &text[at..(at + 15).min(text.len())]);
            assert!(
                addresses.clone().all(|address| address.starts_with("://www.w3.org")),
                "{name}: {:?}",
                addresses.collect::<Vec<_>>()
            );
            for import in text.split(" from \"./").skip(1) {
                self::content(import.split('"').next().unwrap());
            }
            for asked in text.split("\"/page/").skip(1) {
                self::content(asked.split('"').next().unwrap());
            }
            // The content policy would block these.
            for forbidden in ["innerHTML", "eval(", " style=", "onclick=\"", "document.write"] {
                assert!(!text.contains(forbidden), "{name}: {forbidden}");
            }
        }
    }

    #[test]
    fn the_page_asks_for_paths_that_are_served() {
        for (name, ..) in FILES.iter().filter(|(name, ..)| name.ends_with(".js")) {
            for quote in ['"', '`'] {
                for path in content(name).split(&format!("{quote}/api/")).skip(1) {
                    let path = path.split(['"', '`', '?', '$']).next().unwrap();
                    assert!(
                        crate::routes::API.contains(&format!("/api/{path}").as_str()),
                        "{name}: /api/{path}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_page_is_small() {
        let bytes: usize = FILES.iter().map(|(.., content)| content.len()).sum();
        // Also without compression, which makes it about a third.
        assert!(bytes < 80_000, "{bytes} bytes");
    }
}
