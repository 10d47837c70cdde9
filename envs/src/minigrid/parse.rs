//! Reading the text form of a layout, described in [`super::layout`].

use std::collections::BTreeMap;
use std::str::{FromStr, SplitWhitespace};

use super::layout::{Layout, MAX_CELLS, Object, Place, Task, direction_of};
use super::things::{Colour, DoorState, Kind};
use crate::{EnvError, Result};

/// What a letter of the map stands for.
#[derive(Clone, Copy)]
struct Entry {
    kind: Kind,
    colour: Colour,
    state: DoorState,
    content: Option<(Kind, Colour)>,
}

/// The header, before the map is known.
#[derive(Default)]
struct Header<'a> {
    mission: &'a str,
    task: &'a str,
    max_steps: u16,
    see_through_walls: bool,
    letters: BTreeMap<char, Entry>,
}

/// A problem in words.
type Read<T> = std::result::Result<T, String>;

impl Layout {
    /// Reads a layout from its text form.
    ///
    /// # Errors
    /// [`EnvError::Map`] with the line and what would be right.
    pub fn parse(name: &str, text: &str) -> Result<Layout> {
        read(name, text).map_err(|problem| EnvError::Map { map: name.to_owned(), problem })
    }
}

fn read(name: &str, text: &str) -> Read<Layout> {
    let (head, map) = text.split_once("\n\n").ok_or("needs a header, an empty line and the map")?;
    let header = read_header(head)?;
    let rows: Vec<Vec<char>> = map.lines().map(|line| line.trim_end().chars().collect()).collect();
    let width = rows.first().map_or(0, Vec::len);
    if width == 0 || rows.len() * width > MAX_CELLS {
        return Err(format!("{} rows of {width} cells: needs 1 to {MAX_CELLS} cells", rows.len()));
    }
    let mut layout = Layout::blank(name, width, rows.len());
    layout.mission = header.mission.to_owned();
    layout.max_steps = header.max_steps;
    layout.see_through_walls = header.see_through_walls;
    let mut cells: BTreeMap<char, Vec<u16>> = BTreeMap::new();
    let mut agents = 0;
    for (r, row) in rows.iter().enumerate() {
        if row.len() != width {
            return Err(format!("row {r} of the map has {} cells, the first one has {width}", row.len()));
        }
        for (c, &letter) in row.iter().enumerate() {
            let cell = (r * width + c) as u16;
            cells.entry(letter).or_default().push(cell);
            if let Some(direction) = direction_of(letter) {
                agents += 1;
                (layout.start, layout.direction) = (cell, direction);
                continue;
            }
            let entry = entry_of(letter, &header)
                .ok_or_else(|| format!("row {r}, column {c}: the header does not explain {letter:?}"))?;
            layout.put(cell, entry.kind, entry.colour, entry.state)?;
            if let Some((kind, colour)) = entry.content {
                let outer = layout.objects.len() as u8 - 1;
                layout.add(Object { kind, colour, place: Place::InBox(outer) })?;
            }
        }
    }
    if agents != 1 {
        return Err(format!("{agents} agents on the map; exactly one of > v < ^ is needed"));
    }
    layout.task = read_task(&layout, header.task, &cells)?;
    Ok(layout)
}

fn read_header(head: &str) -> Read<Header<'_>> {
    let mut header = Header { max_steps: 100, ..Header::default() };
    for line in head.lines() {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        match first {
            "mission" => header.mission = rest,
            "task" => header.task = rest,
            "max_steps" => {
                header.max_steps =
                    number(rest).ok_or_else(|| format!("{line:?}: needs a number of steps from 1 to {}", u16::MAX))?;
            }
            "see_through_walls" => header.see_through_walls = true,
            _ => {
                let mut letters = first.chars();
                let (Some(letter), None) = (letters.next(), letters.next()) else {
                    return Err(format!("{line:?}: starts with no word of the header and no letter of the map"));
                };
                let entry = read_entry(rest.split_whitespace()).ok_or_else(|| {
                    format!("{line:?}: needs a kind, a colour, and a door's state or a box's content")
                })?;
                header.letters.insert(letter, entry);
            }
        }
    }
    Ok(header)
}

fn number(text: &str) -> Option<u16> {
    u16::from_str(text).ok().filter(|&n| n > 0)
}

fn read_entry(mut words: SplitWhitespace) -> Option<Entry> {
    let kind = kind_of(words.next()?)?;
    let mut entry = Entry { kind, colour: Colour::Grey, state: DoorState::Open, content: None };
    match kind {
        Kind::Empty => {}
        Kind::Door => {
            entry.colour = colour_of(words.next()?)?;
            let state = words.next()?;
            entry.state = DoorState::ALL.into_iter().find(|s| s.word() == state)?;
        }
        Kind::Key | Kind::Ball | Kind::Floor | Kind::Box => entry.colour = colour_of(words.next()?)?,
        _ => return None,
    }
    if kind == Kind::Box
        && let Some(word) = words.next()
    {
        entry.content = Some((kind_of(word).filter(|k| k.is_portable())?, colour_of(words.next()?)?));
    }
    words.next().is_none().then_some(entry)
}

fn kind_of(word: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.word() == word)
}

fn colour_of(word: &str) -> Option<Colour> {
    Colour::ALL.into_iter().find(|colour| colour.word() == word)
}

fn entry_of(letter: char, header: &Header) -> Option<Entry> {
    let plain = |kind| Entry { kind, colour: Colour::Grey, state: DoorState::Open, content: None };
    match letter {
        '#' => Some(plain(Kind::Wall)),
        '.' => Some(plain(Kind::Empty)),
        'G' => Some(plain(Kind::Goal)),
        'L' => Some(plain(Kind::Lava)),
        _ => header.letters.get(&letter).copied(),
    }
}

fn read_task(layout: &Layout, text: &str, cells: &BTreeMap<char, Vec<u16>>) -> Read<Task> {
    let fault = |what: &str| format!("task {text:?}: {what}");
    let the_cell = |word: &str| {
        let mut letters = word.chars();
        match (letters.next().and_then(|letter| cells.get(&letter)), letters.next()) {
            (Some(found), None) if found.len() == 1 => Ok(found[0]),
            _ => Err(fault(&format!("{word:?} must be a letter that is on the map exactly once"))),
        }
    };
    let door = |word| layout.door_at(the_cell(word)?).ok_or_else(|| fault(&format!("{word:?} is no door")));
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        ["goal"] => Ok(Task::Goal),
        ["pickup", x] => {
            let object = layout.object_at(the_cell(x)?);
            object.map(Task::PickUp).ok_or_else(|| fault(&format!("{x:?} cannot be carried")))
        }
        ["unlock", x] => Ok(Task::Unlock(door(x)?)),
        ["redblue", x, y] => Ok(Task::RedBlue { red: door(x)?, blue: door(y)? }),
        ["fetch", kind, colour] => match (kind_of(kind).filter(|k| k.is_portable()), colour_of(colour)) {
            (Some(kind), Some(colour)) => Ok(Task::Fetch { kind, colour }),
            _ => Err(fault("needs key, ball or box, and a colour")),
        },
        ["memory", x, y] => Ok(Task::Memory { success: the_cell(x)?, failure: the_cell(y)? }),
        _ => Err(fault("must be goal, pickup x, unlock x, redblue x y, fetch KIND COLOUR or memory x y")),
    }
}
