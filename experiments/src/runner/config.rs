//! The configuration of a run: the experiment's file, what `--quick`, `--seeds` and `--set` change, and its run id.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::output::note;
use crate::{Error, Result};

/// How much work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// With the changes of the file's `[quick]` table: a first look within a minute.
    Quick,
    /// As in the paper.
    Full,
}

impl Scale {
    fn word(self) -> &'static str {
        match self {
            Scale::Quick => "quick",
            Scale::Full => "full",
        }
    }
}

/// The resolved configuration of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The experiment's name.
    pub experiment: String,
    /// How much work.
    pub scale: Scale,
    table: Table,
}

/// The keys that the runner adds when it writes a configuration.
const EXPERIMENT: &str = "experiment";
const SCALE: &str = "scale";
const QUICK: &str = "quick";

impl Settings {
    /// The experiment's configuration file with what was changed: first by the scale, then by `--seeds`, then by
    /// `--set key=value` in the order given.
    ///
    /// # Errors
    /// A key that the file does not have (the nearest one is suggested), or a value of another type.
    pub fn resolve(
        experiment: &str,
        file: &str,
        scale: Scale,
        seeds: Option<u64>,
        changes: &[String],
    ) -> Result<Settings> {
        let place = || format!("the configuration of {experiment}");
        let mut table = parse_table(file, &place())?;
        let quick = table.remove(QUICK);
        if let (Scale::Quick, Some(Value::Table(quick))) = (scale, quick) {
            for (key, value) in quick {
                change(&mut table, &format!("[quick] of {}", place()), &key, value)?;
            }
        }
        if let Some(seeds) = seeds {
            if seeds == 0 {
                return Err(Error::Config {
                    place: "--seeds".into(),
                    problem: "0 seeds; it must be at least 1".into(),
                });
            }
            if table.contains_key("seeds") {
                let seeds = i64::try_from(seeds).unwrap_or(i64::MAX);
                change(&mut table, "--seeds", "seeds", Value::Integer(seeds))?;
            } else if set_seeds(&mut table, i64::try_from(seeds).unwrap_or(i64::MAX)) == 0 {
                note(&format!("note: {experiment} is exact and draws no random numbers; --seeds changes nothing"));
            }
        }
        for (key, value) in split_settings(changes)? {
            change(&mut table, &format!("--set {key}={value}"), key, parse_value(value))?;
        }
        Ok(Settings { experiment: experiment.to_owned(), scale, table })
    }

    /// Reads the `config.toml` of a run, checked against the experiment's own file.
    ///
    /// # Errors
    /// A file that cannot be read or is not such a configuration.
    pub fn read(path: &Path, file_of: impl Fn(&str) -> Result<&'static str>) -> Result<Settings> {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
        let mut table = parse_table(&text, &place)?;
        let mut word = |key: &str, right: &str| match table.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(Error::Config { place: place.clone(), problem: format!("it has no `{key}`: {right}") }),
        };
        let experiment = word(EXPERIMENT, "the name of an experiment, as `tabrl list experiments` shows them")?;
        let scale = match word(SCALE, "\"quick\" or \"full\"")?.as_str() {
            "quick" => Scale::Quick,
            "full" => Scale::Full,
            other => {
                let problem = format!("scale = \"{other}\": it must be \"quick\" or \"full\"");
                return Err(Error::Config { place, problem });
            }
        };
        Settings::resolve(&experiment, file_of(&experiment)?, scale, None, &[])?.with(&place, table)
    }

    /// The experiment's configuration file with the values that a command's options stand for.
    ///
    /// # Errors
    /// As [`Settings::resolve`]; `place` is named as where they come from.
    pub fn with_values(experiment: &str, file: &str, place: &str, values: Table) -> Result<Settings> {
        Settings::resolve(experiment, file, Scale::Full, None, &[])?.with(place, values)
    }

    fn with(mut self, place: &str, values: Table) -> Result<Settings> {
        for (key, value) in values {
            change(&mut self.table, place, &key, value)?;
        }
        Ok(self)
    }

    /// The configuration as the experiment's own type (a struct with `#[serde(deny_unknown_fields)]`).
    ///
    /// # Errors
    /// A value that does not fit, with its key.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(Value::Table(self.table.clone())).map_err(|error| Error::Config {
            place: format!("the configuration of {}", self.experiment),
            problem: error.to_string().trim().to_owned(),
        })
    }

    /// The text of `config.toml`: every key, sorted, so that equal settings are equal bytes.
    pub fn text(&self) -> String {
        let mut table = self.table.clone();
        table.insert(EXPERIMENT.into(), Value::String(self.experiment.clone()));
        table.insert(SCALE.into(), Value::String(self.scale.word().into()));
        table.to_string()
    }

    /// The name of the run's folder: 64-bit FNV-1a of the version and [`Settings::text`], in hexadecimal. A changed
    /// configuration is another run; should two ever collide, the stored `config.toml` tells.
    pub fn run_id(&self) -> String {
        format!("{:016x}", fnv1a(format!("tabrl {}\n{}", env!("CARGO_PKG_VERSION"), self.text()).as_bytes()))
    }
}

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo; RFC 9923).
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Sets every number of seeds or runs in the table and the tables in it, except where it is 0 and so leaves something out; returns how
/// many were set.
fn set_seeds(table: &mut Table, seeds: i64) -> usize {
    let mut set = 0;
    for (key, value) in table.iter_mut() {
        match value {
            Value::Integer(known) if (key == "runs" || key.ends_with("seeds")) && *known > 0 => {
                *known = seeds;
                set += 1;
            }
            Value::Table(runs) if key == "runs" => {
                for (_, known) in runs.iter_mut().filter(|(_, known)| known.is_integer()) {
                    *known = Value::Integer(seeds);
                    set += 1;
                }
            }
            Value::Table(inner) => set += set_seeds(inner, seeds),
            _ => {}
        }
    }
    set
}

fn parse_table(text: &str, place: &str) -> Result<Table> {
    text.parse::<Table>().map_err(|source| Error::Toml { place: place.to_owned(), source: Box::new(source) })
}

/// Splits `key=value`.
///
/// # Errors
/// Text without `=`.
pub(crate) fn split_setting(text: &str) -> Result<(&str, &str)> {
    text.split_once('=')
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| Error::Config { place: format!("--set {text}"), problem: "it must read key=value".into() })
}

/// Splits every `key=value`.
///
/// # Errors
/// Text without `=`, or a key that comes twice.
pub(crate) fn split_settings(texts: &[String]) -> Result<Vec<(&str, &str)>> {
    let mut settings: Vec<(&str, &str)> = Vec::with_capacity(texts.len());
    for text in texts {
        let (key, value) = split_setting(text)?;
        if let Some((_, before)) = settings.iter().find(|(known, _)| *known == key) {
            return Err(set_twice(key, before, value));
        }
        settings.push((key, value));
    }
    Ok(settings)
}

/// Two values for one key, of which neither is to be dropped silently.
pub(crate) fn set_twice(key: &str, before: &str, value: &str) -> Error {
    let problem = format!("{key} is set already, by --set {key}={before}; give it once");
    Error::Config { place: format!("--set {key}={value}"), problem }
}

/// A TOML value, or a string where the quotes were left out.
fn parse_value(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>().ok().filter(|t| t.len() == 1);
    parsed.and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Replaces the value at a dotted key by one of the same type.
fn change(table: &mut Table, place: &str, key: &str, value: Value) -> Result<()> {
    let (key, rest) = key.split_once('.').map_or((key, None), |(head, rest)| (head, Some(rest)));
    match (rest, table.get_mut(key)) {
        (Some(rest), Some(Value::Table(inner))) => return change(inner, place, rest, value),
        (Some(rest), Some(other)) => {
            let problem = format!("{key} is {}, so there is no {key}.{rest}", kind(other));
            return Err(Error::Config { place: place.to_owned(), problem });
        }
        _ => {}
    }
    let Some(slot) = table.get_mut(key) else {
        let known: Vec<&str> = table.keys().map(String::as_str).collect();
        let problem = tabrl::Error::unknown("key", key, known).to_string();
        return Err(Error::Config { place: place.to_owned(), problem });
    };
    *slot = match (&mut *slot, value) {
        (Value::Table(inner), Value::Table(new)) => {
            for (key, value) in new {
                change(inner, place, &key, value)?;
            }
            return Ok(());
        }
        (Value::Float(_), Value::Integer(n)) => Value::Float(n as f64),
        // A single value where a list is expected is a list of one.
        (Value::Array(old), value) if !value.is_array() && old.first().is_none_or(|x| x.same_type(&value)) => {
            Value::Array(vec![value])
        }
        (old, value) if old.same_type(&value) => value,
        (old, value) => {
            let problem = format!("{key} = {value} is {}; it must be {}, such as {old}", kind(&value), kind(old));
            return Err(Error::Config { place: place.to_owned(), problem });
        }
    };
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "seeds = 10\nslip = 0.5\nnames = [\"a\", \"b\"]\n[grid]\nsize = 8\n[quick]\nseeds = 2\n[quick.grid]\nsize = 4\n";

    fn resolve(scale: Scale, changes: &[&str]) -> Result<Settings> {
        let changes: Vec<String> = changes.iter().map(|&c| c.to_owned()).collect();
        Settings::resolve("test", FILE, scale, None, &changes)
    }

    #[test]
    fn quick_then_set_change_the_file() {
        let text = |scale, changes: &[&str]| resolve(scale, changes).unwrap().text();
        let full = "experiment = \"test\"\nnames = [\"a\", \"b\"]\nscale = \"full\"\nseeds = 10\nslip = 0.5\n\n[grid]\nsize = 8\n";
        assert_eq!(text(Scale::Full, &[]), full);
        let quick = text(Scale::Quick, &["grid.size=5", "slip=1", "names=c"]);
        assert_eq!(
            quick,
            "experiment = \"test\"\nnames = [\"c\"]\nscale = \"quick\"\nseeds = 2\nslip = 1.0\n\n[grid]\nsize = 5\n"
        );
    }

    #[test]
    fn a_changed_configuration_is_another_run() {
        let id = |changes: &[&str]| resolve(Scale::Full, changes).unwrap().run_id();
        assert_eq!(id(&[]), id(&["slip=0.5"]));
        assert_ne!(id(&[]), id(&["slip=0.25"]));
        assert_ne!(id(&[]), resolve(Scale::Quick, &["seeds=10", "grid.size=8"]).unwrap().run_id());
    }

    #[test]
    fn wrong_keys_and_values_say_what_would_be_right() {
        let message = |change: &str| resolve(Scale::Full, &[change]).unwrap_err().to_string();
        assert_eq!(message("sede=3"), "--set sede=3: unknown key `sede`; did you mean `seeds`?");
        assert_eq!(message("seeds.x=3"), "--set seeds.x=3: seeds is a whole number, so there is no seeds.x");
        assert_eq!(message("gird.size=3"), "--set gird.size=3: unknown key `gird`; did you mean `grid`?");
        assert_eq!(message("grid.sise=3"), "--set grid.sise=3: unknown key `sise`; did you mean `size`?");
        assert_eq!(
            message("seeds=many"),
            "--set seeds=many: seeds = \"many\" is text; it must be a whole number, such as 10"
        );
        assert_eq!(message("seeds"), "--set seeds: it must read key=value");
        let twice = resolve(Scale::Full, &["seeds=3", "slip=0.1", "seeds = 4"]).unwrap_err().to_string();
        assert_eq!(twice, "--set seeds=4: seeds is set already, by --set seeds=3; give it once");
    }

    #[test]
    fn seeds_are_set_wherever_there_are_any() {
        let file = "[a]\nseeds = 3\nsteps = 5\n[b]\nseeds = 0\nnetwork_seeds = 2\n[c]\nruns = { one = 4, two = 5 }\n";
        let settings = Settings::resolve("test", file, Scale::Full, Some(7), &[]).unwrap();
        let text = settings.text();
        assert_eq!(text.matches(" = 7").count(), 4, "{text}");
        assert!(text.contains("seeds = 0") && text.contains("steps = 5"), "{text}");
    }

    #[test]
    fn fnv_of_published_vectors() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
