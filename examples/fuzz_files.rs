//! Damages files of every format at random and reads them, for as long as it is told:
//! `cargo run --release --example fuzz_files -- SECONDS [SEED]`.
//!
//! Every read must return, with an error or a valid table, and the process must stay small: the files have a few kilobytes,
//! so whatever the damaged headers claim, a gigabyte is out of proportion. The last input is kept until it has been read, so
//! that a crash leaves it behind.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tabrl::mdp::{Mdp, MdpBuilder, files};
use tabrl::rng::{self, Purpose};

const NAMES: [&str; 8] = ["t.npz", "t.json", "t.drn", "t.drn.gz", "t.umb", "t.umb.gz", "t.tra", "dense.npz"];

/// Most kilobytes of memory.
const LIMIT: u64 = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().ok_or("how many seconds?")?.parse()?;
    let seed: u64 = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let folder = tempfile::Builder::new().prefix("fuzz-").disable_cleanup(true).tempdir()?;
    println!("inputs in {}", folder.path().display());
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut reads, mut tables) = (0u64, 0u64);
    for round in seed.. {
        let mdp = table(round)?;
        for name in NAMES {
            let place = folder.path().join(name.split('.').next().unwrap_or(name));
            fs::create_dir_all(&place)?;
            let path = place.join(name);
            let format =
                if name.starts_with("dense") { files::Format::NpzDense } else { files::Format::of_path(&path)? };
            if files::write(&path, &mdp, format).is_err() {
                continue; // a start that the format cannot hold
            }
            let clean = contents(&place)?;
            for i in 0..50 {
                for (file, bytes) in &clean {
                    fs::write(file, damage(bytes, round * 50 + i))?;
                }
                reads += 1;
                tables += u64::from(files::read(&path).is_ok());
            }
            fs::remove_dir_all(&place)?;
        }
        let peak = peak_kilobytes();
        if peak > LIMIT {
            return Err(format!("{peak} kB of memory after seed {round}").into());
        }
        if Instant::now() > end {
            println!("{reads} reads, {tables} of them tables, seeds {seed}..={round}, at most {peak} kB");
            fs::remove_dir_all(folder.path())?;
            return Ok(());
        }
    }
    Ok(())
}

fn contents(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, std::io::Error> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path()));
    paths.map(|path| path.and_then(|path| fs::read(&path).map(|bytes| (path, bytes)))).collect()
}

/// A few changed bits or bytes, cuts and repeats; one input in four stays whole in most of its files.
fn damage(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = rng::fast(seed, Purpose::Generation, bytes.len() as u64);
    let mut bytes = bytes.to_vec();
    for _ in 0..rng::below(&mut rng, 4) {
        if bytes.is_empty() {
            return bytes;
        }
        let place = rng::below(&mut rng, bytes.len());
        match rng::below(&mut rng, 6) {
            0 => bytes.truncate(place),
            1 => bytes[place] ^= 1 << rng::below(&mut rng, 8),
            2 => bytes[place] = [0, 0xff, b'9', b' ', b'\n', b'['][rng::below(&mut rng, 6)],
            3 => {
                let end = bytes.len().min(place + 8);
                bytes[place..end].fill(0xff);
            }
            4 => drop(bytes.drain(place..bytes.len().min(place + 1 + rng::below(&mut rng, 16)))),
            _ => {
                let piece = bytes[place..bytes.len().min(place + 64)].to_vec();
                bytes.splice(place..place, piece);
            }
        }
    }
    bytes
}

fn table(seed: u64) -> tabrl::Result<Mdp> {
    let mut rng = rng::fast(seed, Purpose::Generation, 1);
    let states = 2 + rng::below(&mut rng, 6);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states - 1 {
        for a in 0..1 + rng::below(&mut rng, 3) {
            let (p, r) = (rng::uniform(&mut rng), rng::uniform(&mut rng));
            builder.choice(s, a, &[(p, rng::below(&mut rng, states), r), (1.0 - p, states - 1, -r)]);
        }
    }
    builder.terminal(states - 1).label("goal", states - 1).label("two words", 0);
    builder.build()
}

/// The most memory the process has had, where the system says so.
fn peak_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
