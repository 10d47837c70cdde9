//! `report.md`: what a person reads first.

use std::fmt::Write;

use super::claim::short;
use super::{Claim, Kind, Outcome, Scale, Settings, Spec, Verdict};

/// The report of a run.
pub(super) fn report(spec: &Spec, settings: &Settings, outcome: &Outcome) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail; the results of write! are ignored throughout.
    let _ = writeln!(text, "# {}\n\nSource: {}.", spec.title, spec.source);
    if !outcome.claims.is_empty() {
        verdicts(&mut text, &outcome.claims);
    }
    if settings.scale == Scale::Quick {
        text.push_str("\nThis is the quick scale: fewer settings or seeds than in the paper.\n");
    }
    if !outcome.claims.is_empty() {
        claims_table(&mut text, &outcome.claims);
    }
    for note in &outcome.notes {
        let _ = writeln!(text, "\n{note}");
    }
    if !outcome.figures.is_empty() {
        text.push_str("\n## Figures\n");
    }
    for figure in &outcome.figures {
        let _ = writeln!(text, "\n![{0}](figures/{1}.svg)\n\n{0}\n", figure.caption, figure.name);
    }
    if !outcome.tables.is_empty() {
        text.push_str("\n## Tables\n");
    }
    for table in &outcome.tables {
        let rows = table.rows.len();
        let _ = writeln!(text, "\n[`{0}.csv`]({0}.csv) ({rows} rows): {1}\n", table.name, table.caption);
        for column in &table.columns {
            let _ = writeln!(text, "- `{}`: {}", column.header(), column.meaning);
        }
    }
    let _ = writeln!(
        text,
        "\n## Settings\n\nRun `{}`. `tabrl reproduce config.toml` repeats it.\n\n```toml\n{}```",
        settings.run_id(),
        settings.text()
    );
    text
}

/// How many claims hold, in one line.
fn verdicts(text: &mut String, claims: &[Claim]) {
    let count = |verdict| claims.iter().filter(|c| c.verdict == verdict && c.kind != Kind::Quoted).count();
    let quoted = claims.iter().filter(|c| c.kind == Kind::Quoted).count();
    let (held, failed, open) = (count(Verdict::Holds), count(Verdict::Fails), count(Verdict::NotTestable));
    let _ = writeln!(
        text,
        "\n**{held} {} hold{}, {failed} fail{}, {open} not testable here; {quoted} quoted.**",
        if held == 1 { "claim" } else { "claims" },
        if held == 1 { "s" } else { "" },
        if failed == 1 { "s" } else { "" },
    );
}

fn claims_table(text: &mut String, claims: &[Claim]) {
    text.push_str(
        "\n## Claims\n\n| claim | expected | measured | interval | verdict | source |\n|---|---|---|---|---|---|\n",
    );
    for claim in claims {
        claim_row(text, claim);
    }
    let notes = claims.iter().filter(|claim| !claim.note.is_empty());
    let notes: Vec<String> = notes.map(|claim| format!("- {}: {}", claim.id, claim.note)).collect();
    if !notes.is_empty() {
        let _ = writeln!(text, "\n{}", notes.join("\n"));
    }
}

fn claim_row(text: &mut String, claim: &Claim) {
    let tolerance = claim.tolerance.map_or(String::new(), |tolerance| format!(" ({tolerance})"));
    let expected = format!("{}{tolerance}", claim.expected);
    let measured = claim.measured.as_ref().map_or("–".to_owned(), ToString::to_string);
    let interval = claim.interval.map_or("–".to_owned(), |interval| {
        format!("[{}, {}] at {}", short(interval.lower), short(interval.upper), short(interval.level))
    });
    let verdict = match (claim.kind, claim.verdict) {
        (Kind::Quoted, _) => "quoted, not judged".to_owned(),
        (_, Verdict::Fails) => "**fails**".to_owned(),
        (_, verdict) => verdict.to_string(),
    };
    let statement = format!("**{}** {}", claim.id, claim.statement);
    let cells = [statement, expected, measured, interval, verdict, claim.source.clone()];
    let _ = writeln!(text, "| {} |", cells.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).join(" | "));
}

#[cfg(test)]
mod tests {
    use super::super::{Claim, Interval};
    use super::*;

    #[test]
    fn a_row_shows_the_interval_and_never_judges_what_is_quoted() {
        let mut text = String::new();
        let interval = Interval { lower: 0.4, upper: 0.6, level: 0.95 };
        claim_row(&mut text, &Claim::draft("a", "mean |x|", "Table 1").agrees(0.7, 0.0, 0.5, interval));
        claim_row(&mut text, &Claim::draft("b", "score", "Table 2").quoted(12.5));
        assert_eq!(
            text,
            "| **a** mean \\|x\\| | 0.7 (exactly) | 0.5 | [0.4, 0.6] at 0.95 | **fails** | Table 1 |\n\
             | **b** score | 12.5 | – | – | quoted, not judged | Table 2 |\n"
        );
    }
}
