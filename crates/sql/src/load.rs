//! From paths to statements in the order in which they are registered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::broken::Broken;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics, suggestion};
use crate::parse::{Parsed, parse_partly};
use crate::statement::Located;
use crate::template::{UNKNOWN, render, variables_in};

/// A job's configuration and statements.
#[derive(Clone, Debug)]
pub struct LoadedJob {
    pub config: Config,
    /// Folder of the configuration, for the default state folder.
    pub folder: PathBuf,
    /// In the order source, sink, process, others; then by path.
    pub statements: Vec<Located>,
    /// The files in this order.
    pub files: Vec<String>,
    /// Errors of files and statements that cannot be read; planning adds those of the others.
    pub diagnostics: Diagnostics,
    /// What those would have defined.
    pub broken: Broken,
}

/// Loads a job folder (or single files) with its `streamsql.yaml`.
///
/// # Errors
/// Paths, configuration or variables are wrong. Errors of files are in the result, so that planning reports all at once.
pub fn load_job(
    paths: &[PathBuf],
    config: Option<&Path>,
    variables: &[String],
) -> Result<LoadedJob, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            sql_files(path, &mut files).map_err(Diagnostics::from)?;
        } else if path.is_file() {
            files.push(path.clone());
        } else {
            diagnostics.push(Diagnostic::error(format!("{} does not exist", path.display())));
        }
    }
    files.sort_by_key(|path| (rank(path), path.clone()));
    files.dedup();
    let config_path = config.map(Path::to_path_buf).or_else(|| find_config(paths));
    // Without a configuration the files are checked as far as that goes.
    let read = read_config(config_path.as_deref());
    let configured = read.is_ok();
    let mut loaded = read.unwrap_or_else(|found| {
        diagnostics.0.extend(found.0);
        Config::default()
    });
    let stems: Vec<String> = files.iter().map(|file| stem(file)).collect();
    for assignment in variables {
        if let Err(diagnostic) = loaded.set_variable(assignment) {
            diagnostics.push(diagnostic);
            continue;
        }
        let table = assignment.split('.').next().unwrap_or_default();
        if !stems.iter().any(|stem| stem == table) {
            let diagnostic = Diagnostic::error(format!("--var '{assignment}': there is no file {table}.sql"));
            let near = suggestion(table, stems.iter().map(String::as_str));
            diagnostics.push(match near {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic.hint("--var file.variable=value, the file without .sql"),
            });
        }
    }
    if files.is_empty() && !diagnostics.has_errors() {
        diagnostics.push(
            Diagnostic::error("there is no .sql file to run").hint("give a folder that holds .sql files"),
        );
    }
    let mut statements = Vec::new();
    if diagnostics.has_errors() && files.is_empty() {
        return Err(diagnostics);
    }
    let mut broken = Broken::default();
    for file in &files {
        let parsed = load_file(file, &loaded, configured).unwrap_or_else(|found| Parsed {
            diagnostics: found,
            broken: Broken::anything(),
            ..Parsed::default()
        });
        statements.extend(parsed.statements);
        diagnostics.0.extend(parsed.diagnostics.0);
        broken.merge(parsed.broken);
    }
    let folder = config_path.as_deref().and_then(Path::parent).map(Path::to_path_buf).or_else(|| {
        paths.first().map(|path| {
            if path.is_dir() {
                path.clone()
            } else {
                path.parent().map(Path::to_path_buf).unwrap_or_default()
            }
        })
    });
    let files = files.iter().map(|file| file.display().to_string()).collect();
    let folder = folder.unwrap_or_default();
    Ok(LoadedJob { config: loaded, folder, statements, files, diagnostics, broken })
}

/// Parses a script: its variables are those of its file's stem, when there are any.
///
/// # Errors
/// All of the script's that stand in its text.
pub fn load_script(
    text: &str,
    name: &str,
    config: Option<&Path>,
    variables: &[String],
) -> Result<Vec<Located>, Diagnostics> {
    let Parsed { statements, diagnostics, .. } = load_script_partly(text, name, config, variables)?;
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(statements) }
}

/// As [`load_script`], as far as the script can be read: planning adds the errors of the other statements.
///
/// # Errors
/// The configuration or a variable is wrong.
pub fn load_script_partly(
    text: &str,
    name: &str,
    config: Option<&Path>,
    variables: &[String],
) -> Result<Parsed, Diagnostics> {
    let mut loaded = read_config(config)?;
    for assignment in variables {
        loaded.set_variable(assignment)?;
    }
    let rendered = render(name, text, &loaded.variables(&stem(Path::new(name))))?;
    Ok(parse_partly(&Arc::new(rendered)))
}

fn read_config(path: Option<&Path>) -> Result<Config, Diagnostics> {
    let Some(path) = path else { return Ok(Config::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|e| Diagnostic::error(format!("cannot read {}: {e}", path.display())))?;
    Config::parse(&path.display().to_string(), &text)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn load_file(path: &Path, config: &Config, configured: bool) -> Result<Parsed, Diagnostics> {
    let name = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|e| Diagnostic::error(format!("cannot read {name}: {e}")))?;
    let mut variables = config.variables(&stem(path));
    if !configured {
        for name in variables_in(&text) {
            variables.entry(name).or_insert_with(|| UNKNOWN.to_string());
        }
    }
    let rendered = render(&name, &text, &variables)?;
    Ok(parse_partly(&Arc::new(rendered)))
}

fn sql_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    let unreadable = |e| Diagnostic::error(format!("cannot read the folder {}: {e}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            sql_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    Ok(())
}

/// Sources before sinks before processes.
fn rank(path: &Path) -> usize {
    let is_in = |name: &str| path.parent().is_some_and(|p| p.components().any(|c| c.as_os_str() == name));
    ["source", "sink", "process"].iter().position(|name| is_in(name)).unwrap_or(3)
}

fn find_config(paths: &[PathBuf]) -> Option<PathBuf> {
    let folder = paths.first()?;
    let folder = if folder.is_dir() { folder.as_path() } else { folder.parent()? };
    let path = folder.join("streamsql.yaml");
    path.is_file().then_some(path)
}
