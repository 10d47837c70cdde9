#![allow(clippy::unwrap_used)]

use tabrl::mdp::GridMap;

use super::*;
use crate::Error;

fn lines() -> LineFigure {
    let grid = || (0..=40).map(|i| f64::from(i) * 5_000.0);
    let curve = |top: f64, rate: f64| -> Vec<(f64, f64)> {
        grid().map(|x| (x, top * (1.0 - (-rate * x / 1e5).exp()))).collect()
    };
    let with_band = |name: &str, points: Vec<(f64, f64)>| {
        let band = points.iter().map(|&(x, y)| (y - 0.03 - x / 4e6, y + 0.03 + x / 6e6)).collect();
        Series { band: Some(band), ..Series::new(name, points) }
    };
    LineFigure {
        title: "Learning RiverSwim".into(),
        caption: "Mean and 95 % bootstrap interval over 20 seeds.".into(),
        x: Axis::linear("environment steps"),
        y: Axis::linear("return [reward per episode]"),
        series: vec![
            with_band("Q-learning (ε = 0.1)", curve(0.6, 1.5)),
            with_band("SARSA(λ)", curve(0.5, 3.0)),
            with_band("expected SARSA", curve(0.8, 1.0)),
        ],
        references: vec![Reference { name: "optimal".into(), value: 0.9 }],
    }
}

fn dots(mark: Mark) -> DotFigure {
    let names = ["Empty-5x5", "DoorKey-8x8", "KeyCorridorS3R1", "LavaCrossingS11N5", "FourRooms"];
    let group = |name: &str, shift: f64| Group {
        name: name.into(),
        values: (0..names.len())
            .map(|i| {
                let value = 1.0 + shift + i as f64;
                Estimate { value, interval: Some((value - 0.4, value + 0.7)) }
            })
            .collect(),
    };
    DotFigure {
        title: "Effective horizon".into(),
        caption: "Intervals: lower and upper bound.".into(),
        rows: names.map(str::to_owned).to_vec(),
        axis: Axis::linear("H = k + log_A m  [steps]"),
        groups: vec![group("deterministic", 0.0), group("sticky 0.25", 0.8)],
        mark,
    }
}

fn grid() -> GridFigure {
    let rows: Vec<Vec<char>> =
        ["########", "#S.....#", "#.##.#.#", "#...H..#", "#.#..#G#", "########"].map(|r| r.chars().collect()).to_vec();
    let panel = |title: &str, scale: Scale, f: fn(f64) -> f64| Panel {
        title: title.into(),
        scale,
        cells: rows
            .iter()
            .enumerate()
            .map(|(r, row)| {
                row.iter()
                    .enumerate()
                    .map(|(c, &s)| match s {
                        '.' | 'S' => {
                            let distance = (4.0 - r as f64).abs() + (6.0 - c as f64).abs();
                            let glyph = if c < 6 { '→' } else { '↓' };
                            CellMark { value: Some(f(distance)), glyph: Some(glyph) }
                        }
                        _ => CellMark::default(),
                    })
                    .collect()
            })
            .collect(),
    };
    GridFigure {
        title: "A small map".into(),
        caption: "Colours: value of the best state in each cell.".into(),
        panels: vec![
            panel("V*", Scale::Linear, |d| 0.95f64.powf(d)),
            panel("Q^random", Scale::Log, |d| 0.1f64.powf(d)),
        ],
        map: GridMap { rows },
    }
}

fn scatter() -> ScatterFigure {
    let dots = (0..24).map(|i| {
        let x = 10f64.powf(f64::from(i % 6));
        let y = x * 10f64.powf(f64::from(i * 7 % 5) / 3.0 - 0.5);
        Dot { x, y, label: format!("Environment-{i}") }
    });
    ScatterFigure {
        title: "Bound against measurement".into(),
        caption: "Each dot is one environment.".into(),
        x: Axis::log("measured [environment steps]"),
        y: Axis::log("bound [environment steps]"),
        clouds: vec![Cloud { name: "deterministic".into(), dots: dots.collect() }],
        diagonal: true,
    }
}

fn drawings() -> Vec<(&'static str, Drawing)> {
    vec![
        ("lines", lines().draw().unwrap()),
        ("dots", dots(Mark::Dot).draw().unwrap()),
        ("bars", dots(Mark::Bar).draw().unwrap()),
        ("grid", grid().draw().unwrap()),
        ("scatter", scatter().draw().unwrap()),
    ]
}

fn problem<T: std::fmt::Debug>(outcome: crate::Result<T>) -> String {
    match outcome {
        Err(Error::Figure { problem, .. }) => problem,
        other => panic!("expected a figure error, got {other:?}"),
    }
}

/// Rasterises an SVG that has no text, and so needs no font.
fn without_fonts(svg: &str, size: &resvg::tiny_skia::Pixmap) -> resvg::tiny_skia::Pixmap {
    let tree = resvg::usvg::Tree::from_str(svg, &resvg::usvg::Options::default()).unwrap();
    let mut pixels = resvg::tiny_skia::Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, resvg::tiny_skia::Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    pixels
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    for ((name, first), (_, again)) in drawings().into_iter().zip(drawings()) {
        assert_eq!(first, again, "{name}");
        assert_eq!(first.png().unwrap(), again.png().unwrap(), "{name}");
    }
}

#[test]
fn pictures_are_not_blank_and_have_text() {
    for (name, drawing) in drawings() {
        let image = resvg::tiny_skia::Pixmap::decode_png(&drawing.png().unwrap()).unwrap();
        let pixels = image.pixels();
        assert!(pixels.iter().all(|p| p.alpha() == 255), "{name}: the paper is opaque");
        let inked = pixels.iter().filter(|p| p.red() < 250).count() as f64 / pixels.len() as f64;
        assert!((0.01..0.9).contains(&inked), "{name}: {inked}");
        // Without its texts the figure looks different in many places: the embedded font was found.
        let mut bare = drawing.svg().to_owned();
        while let (Some(from), Some(to)) = (bare.find("<text"), bare.find("</text>")) {
            bare.replace_range(from..to + "</text>".len(), "");
        }
        let bare = without_fonts(&bare, &image);
        let differ = pixels.iter().zip(bare.pixels()).filter(|(a, b)| a != b).count();
        assert!(differ > 5_000, "{name}: {differ} pixels of text");
    }
}

#[test]
fn labels_are_in_the_svg() {
    let svg = lines().draw().unwrap();
    for label in ["Learning RiverSwim", "SARSA(λ)", "optimal", "95 % bootstrap", "environment steps  × 10⁵"] {
        assert!(svg.svg().contains(label), "{label}");
    }
    let svg = scatter().draw().unwrap();
    for label in ["10⁵", "Environment-23", "y = x"] {
        assert!(svg.svg().contains(label), "{label}");
    }
    assert!(!svg.svg().contains("100000"));
}

#[test]
fn no_text_leaves_the_figure() {
    for (name, drawing) in drawings() {
        let options = resvg::usvg::Options::default();
        let tree = resvg::usvg::Tree::from_str(drawing.svg(), &options).unwrap();
        let (width, height) = (f64::from(tree.size().width()), f64::from(tree.size().height()));
        // Without a font database texts have no extent, so it is measured here.
        for element in drawing.svg().split("<text ").skip(1) {
            let attribute = |key: &str| {
                let from = element.find(&format!("{key}=\"")).unwrap() + key.len() + 2;
                element[from..from + element[from..].find('"').unwrap()].to_owned()
            };
            if element.contains("rotate(") {
                continue;
            }
            let text = element[element.find('>').unwrap() + 1..element.find("</text>").unwrap()].trim().to_owned();
            let (x, y): (f64, f64) = (attribute("x").parse().unwrap(), attribute("y").parse().unwrap());
            let size: f64 = attribute("font-size").parse().unwrap();
            let extent = canvas::text_width(&text, size / 10.0, element.contains("bold"));
            let (left, right) = match attribute("text-anchor").as_str() {
                "start" => (0.0, extent),
                "end" => (extent, 0.0),
                _ => (extent / 2.0, extent / 2.0),
            };
            let (x, y) = (x / 10.0, y / 10.0);
            assert!(x - left >= 0.0 && x + right <= width, "{name}: {text} is cut at a side");
            assert!(y >= 0.0 && y + size / 10.0 <= height, "{name}: {text} is cut above or below");
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_left_out_and_counted() {
    let mut figure = lines();
    figure.y.scale = Scale::Log; // the curves begin at zero
    figure.series[0].points[7].1 = f64::NAN;
    let svg = figure.draw().unwrap();
    assert!(svg.svg().contains("4 values are not positive or not finite and are not drawn."), "{}", svg.svg());

    let mut figure = dots(Mark::Dot);
    figure.groups[0].values[1] = f64::INFINITY.into();
    figure.groups[1].values[2] = f64::NAN.into();
    let svg = figure.draw().unwrap();
    assert!(svg.svg().contains("∞: infinite. There is no value for KeyCorridorS3R1."));

    let mut figure = grid();
    figure.panels[0].cells[1][1].value = Some(f64::NAN);
    assert!(figure.draw().unwrap().svg().contains("1 value is"));
}

#[test]
fn nothing_to_draw_is_an_error() {
    let mut figure = lines();
    figure.series.clear();
    assert_eq!(problem(figure.draw()), "it has no points");
    let mut figure = lines();
    for series in &mut figure.series {
        series.points.iter_mut().for_each(|p| p.1 = f64::NAN);
        series.band = None;
    }
    figure.references.clear();
    assert!(problem(figure.draw()).contains("no finite value"));
    let mut figure = lines();
    figure.series[1].band.as_mut().unwrap().pop();
    assert_eq!(problem(figure.draw()), "series `SARSA(λ)` has 41 points but 40 intervals");
    let mut figure = dots(Mark::Dot);
    figure.rows.pop();
    assert_eq!(problem(figure.draw()), "group `deterministic` has 5 values for 4 rows");
    let mut figure = dots(Mark::Bar);
    figure.axis.scale = Scale::Log;
    assert!(problem(figure.draw()).contains("use dots"));
    let mut figure = scatter();
    figure.clouds.clear();
    assert!(problem(figure.draw()).contains("no dots"));
    let mut figure = grid();
    figure.panels[1].cells.pop();
    assert!(problem(figure.draw()).contains("6 rows of 8"));
    let mut figure = grid();
    figure.map.rows.clear();
    assert!(figure.draw().is_err());
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let drawing = lines().draw().unwrap();
    let saved = drawing.save(&folder.path().join("new/v1.0")).unwrap();
    assert!(saved.svg.ends_with("new/v1.0.svg") && saved.png.ends_with("new/v1.0.png"));
    assert_eq!(std::fs::read_to_string(&saved.svg).unwrap(), drawing.svg());
    assert_eq!(std::fs::read(&saved.png).unwrap(), drawing.png().unwrap());
    let files = std::fs::read_dir(folder.path().join("new")).unwrap().count();
    assert_eq!(files, 2, "no temporary file is left");

    std::fs::write(folder.path().join("file"), "in the way").unwrap();
    let error = drawing.save(&folder.path().join("file/figure")).unwrap_err();
    assert!(error.to_string().contains("cannot write"), "{error}");
    assert!(error.to_string().contains("file"), "{error}");
}

#[test]
fn names_with_markup_stay_names() {
    let mut figure = lines();
    figure.title = "a < b & \"c\" \u{0} \u{1b}".into();
    let drawing = figure.draw().unwrap();
    assert!(drawing.svg().contains("a &lt; b &amp; &quot;c&quot;"));
    assert!(drawing.png().is_ok());
}
