//! Kinds of object, colours and door states, with MiniGrid's codes.

/// A kind of thing that can fill a cell; the number is MiniGrid's object code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A cell that the partial view does not see.
    Unseen = 0,
    /// Nothing.
    Empty = 1,
    /// A wall: blocks the way and the sight.
    Wall = 2,
    /// A coloured floor tile: can be walked on, but nothing can be dropped there.
    Floor = 3,
    /// A door.
    Door = 4,
    /// A key: opens locked doors of its colour.
    Key = 5,
    /// A ball.
    Ball = 6,
    /// A box, perhaps with something in it.
    Box = 7,
    /// The goal tile: walking onto it ends the episode with success.
    Goal = 8,
    /// Lava: walking onto it ends the episode with nothing.
    Lava = 9,
    /// The agent.
    Agent = 10,
}

impl Kind {
    /// Every kind, in the order of the codes.
    pub const ALL: [Kind; 11] = [
        Kind::Unseen,
        Kind::Empty,
        Kind::Wall,
        Kind::Floor,
        Kind::Door,
        Kind::Key,
        Kind::Ball,
        Kind::Box,
        Kind::Goal,
        Kind::Lava,
        Kind::Agent,
    ];

    /// The word for it, as in the map files.
    pub fn word(self) -> &'static str {
        ["unseen", "empty", "wall", "floor", "door", "key", "ball", "box", "goal", "lava", "agent"][self as usize]
    }

    /// Whether it can be carried.
    pub fn is_portable(self) -> bool {
        matches!(self, Kind::Key | Kind::Ball | Kind::Box)
    }

    /// The character that draws it; doors depend on their state, see [`DoorState::glyph`].
    pub fn glyph(self) -> char {
        ['?', '.', '#', '_', 'd', 'k', 'o', 'b', 'G', 'L', '@'][self as usize]
    }
}

/// A colour; the number is MiniGrid's colour code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Colour {
    Red = 0,
    Green = 1,
    Blue = 2,
    Purple = 3,
    Yellow = 4,
    Grey = 5,
}

impl Colour {
    /// Every colour, in the order of the codes.
    pub const ALL: [Colour; 6] =
        [Colour::Red, Colour::Green, Colour::Blue, Colour::Purple, Colour::Yellow, Colour::Grey];

    /// The word for it, as in the map files.
    pub fn word(self) -> &'static str {
        ["red", "green", "blue", "purple", "yellow", "grey"][self as usize]
    }
}

/// The state of a door; the number is MiniGrid's state code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DoorState {
    /// Can be walked and seen through.
    Open = 0,
    /// Can be opened by anybody.
    Closed = 1,
    /// Can be opened by one who carries a key of its colour.
    Locked = 2,
}

impl DoorState {
    /// Every state, in the order of the codes.
    pub const ALL: [DoorState; 3] = [DoorState::Open, DoorState::Closed, DoorState::Locked];

    /// The word for it, as in the map files.
    pub fn word(self) -> &'static str {
        ["open", "closed", "locked"][self as usize]
    }

    /// The character that draws a door in this state.
    pub fn glyph(self) -> char {
        ['/', 'd', 'D'][self as usize]
    }
}

/// The agent's direction names: 0 right, 1 down, 2 left, 3 up.
pub const DIRECTIONS: [&str; 4] = ["right", "down", "left", "up"];

/// The agent's arrows, by direction, as in the map files.
pub const ARROWS: [char; 4] = ['>', 'v', '<', '^'];

/// One step in each direction as (columns to the right, rows down).
pub const STEPS: [(isize, isize); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];
