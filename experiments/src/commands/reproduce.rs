//! `tabrl reproduce`: carries out the experiments of a paper and judges its claims.

use std::path::PathBuf;

use serde::Serialize;

use super::numbers::whole;
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::runner::{self, Claim, Kind, Options, Run, Scale, Settings, Shard, Spec, Verdict};
use crate::{Error, Result, registry};

/// Reproduces a paper: computes, judges its claims, draws its figures, writes a report.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An experiment (see `tabrl list experiments`), `all`, or the config.toml of an earlier run.
    paper: String,
    /// A first look: fewer settings and seeds.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// As in the paper (the default).
    #[arg(long)]
    full: bool,
    /// Number of seeds, in place of the configuration's.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(1..=u64::MAX))]
    seeds: Option<u64>,
    /// Number of threads; changes no result. Default: all processors.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16>(1..=super::MOST_THREADS))]
    jobs: Option<u16>,
    /// Compute only this share of the units of work, such as 1/3; `tabrl merge` joins the shares.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Where the results go.
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Change a number of the configuration, as key=value (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Carries out one experiment, or all of them.
///
/// # Errors
/// Unknown names, keys and values; whatever stops a run.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let options = Options {
        out: arguments.out.clone(),
        jobs: arguments.jobs.map_or_else(default_jobs, usize::from),
        shard: arguments.shard,
    };
    // All configurations are checked before any work starts.
    let planned = plan(arguments)?;
    let runs: Result<Vec<Run>> =
        planned.iter().map(|(spec, settings)| runner::reproduce(spec, settings, &options)).collect();
    answer(&runs?, arguments.format)
}

fn plan(arguments: &Arguments) -> Result<Vec<(Spec, Settings)>> {
    let scale = if arguments.quick { Scale::Quick } else { Scale::Full };
    let resolve = |spec: Spec| {
        let settings = Settings::resolve(spec.name, spec.config, scale, arguments.seeds, &arguments.set)?;
        Ok((spec, settings))
    };
    if arguments.paper == "all" {
        if !arguments.set.is_empty() {
            return Err(Error::Usage(
                "--set changes the configuration of one experiment; name it instead of `all`".into(),
            ));
        }
        return registry::experiments().into_iter().map(resolve).collect();
    }
    if arguments.paper.ends_with(".toml") {
        if arguments.quick || arguments.full || arguments.seeds.is_some() || !arguments.set.is_empty() {
            let message =
                "a config.toml is run as it is; edit the file instead of giving --quick, --full, --seeds or --set";
            return Err(Error::Usage(message.into()));
        }
        let path = PathBuf::from(&arguments.paper);
        let settings = Settings::read(&path, |name| Ok(registry::stored(name)?.config))?;
        return Ok(vec![(registry::stored(&settings.experiment)?, settings)]);
    }
    Ok(vec![resolve(registry::experiment(&arguments.paper)?)?])
}

/// The number of processors this process may use.
pub(super) fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[derive(Serialize)]
struct Answer<'a> {
    experiment: String,
    run_id: &'a str,
    folder: String,
    units: usize,
    finished: usize,
    complete: bool,
    claims: Option<&'a [Claim]>,
}

/// Prints what runs have found; a claim that fails makes the finish negative.
pub(super) fn answer(runs: &[Run], format: Format) -> Result<Finish> {
    match format {
        Format::Json => {
            let answers: Vec<Answer> = runs.iter().map(in_json).collect();
            output::json(&answers)?;
        }
        Format::Text => {
            let text: String = runs.iter().map(in_text).collect();
            output::text(&text)?;
        }
    }
    let failed = runs.iter().any(|run| run.count(Verdict::Fails) > 0);
    Ok(if failed { Finish::Negative } else { Finish::Done })
}

fn in_json(run: &Run) -> Answer<'_> {
    let experiment = run.folder.parent().and_then(|folder| folder.file_name());
    Answer {
        experiment: experiment.map_or(String::new(), |name| name.to_string_lossy().into_owned()),
        run_id: &run.id,
        folder: run.folder.display().to_string(),
        units: run.units,
        finished: run.finished,
        complete: run.results.is_some(),
        claims: run.claims.as_deref(),
    }
}

fn in_text(run: &Run) -> String {
    let Some(claims) = &run.claims else {
        return Run::partial(&run.folder, run.finished, run.units);
    };
    let report = run.folder.join("report.md");
    if claims.is_empty() {
        return format!("{}\n", report.display());
    }
    let mut text = String::new();
    for claim in claims {
        let measured = claim.measured.as_ref().map_or("–".to_owned(), ToString::to_string);
        let tolerance = claim.tolerance.map_or(String::new(), |tolerance| format!(" {tolerance}"));
        let verdict = if claim.kind == Kind::Quoted { "quoted".to_owned() } else { claim.verdict.to_string() };
        let id = &claim.id;
        text.push_str(&format!(
            "{verdict:<17} {id}: {} (expected {}{tolerance}, measured {measured})\n",
            claim.statement, claim.expected
        ));
        if claim.verdict != Verdict::Holds && !claim.note.is_empty() {
            text.push_str(&format!("{:<17} {}\n", "", claim.note));
        }
    }
    let (holds, fails) = (run.count(Verdict::Holds), run.count(Verdict::Fails));
    let quoted = claims.iter().filter(|claim| claim.kind == Kind::Quoted).count();
    text.push_str(&format!(
        "{holds} hold, {fails} fail, {} not testable here, {quoted} quoted: {}\n",
        claims.len() - holds - fails - quoted,
        report.display()
    ));
    text
}
