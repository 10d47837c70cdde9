//! `index.json`: what a UMB archive says about itself, and what of it is supported.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize as Read, Serialize as Write};

/// The version that is written. Version 0 is what early releases of `umbi` stamped on the same layout.
pub(super) const VERSION: u32 = 1;

/// The file's version alone, so that a later one is named as such whatever else it holds.
#[derive(Read)]
pub(super) struct Version {
    #[serde(rename = "format-version")]
    version: u64,
}

#[derive(Read, Write)]
pub(super) struct Index {
    #[serde(rename = "format-version")]
    pub version: u32,
    #[serde(rename = "format-revision", default)]
    pub revision: u64,
    #[serde(rename = "file-data", skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    #[serde(rename = "transition-system")]
    pub system: System,
    #[serde(default)]
    pub annotations: Annotations,
}

#[derive(Write)]
pub(super) struct Origin {
    pub tool: &'static str,
    #[serde(rename = "tool-version")]
    pub version: &'static str,
}

#[derive(Read, Write, Default)]
pub(super) struct System {
    pub time: String,
    #[serde(rename = "#players")]
    pub players: u64,
    #[serde(rename = "#states")]
    pub states: u64,
    #[serde(rename = "#initial-states")]
    pub initial_states: u64,
    #[serde(rename = "#choices")]
    pub choices: u64,
    #[serde(rename = "#choice-actions", default)]
    pub choice_actions: u64,
    #[serde(rename = "#branches")]
    pub branches: u64,
    #[serde(rename = "#branch-actions", default)]
    pub branch_actions: u64,
    #[serde(rename = "#observations", default)]
    pub observations: u64,
    #[serde(rename = "branch-probability-type", default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<Kind>,
    #[serde(rename = "exit-rate-type", default, skip_serializing)]
    pub exit_rate: Option<Kind>,
}

/// The type of an array's items.
#[derive(Read, Write, Clone)]
pub(super) struct Kind {
    #[serde(rename = "type")]
    pub name: String,
    /// In bits.
    #[serde(default)]
    size: Option<u64>,
}

impl Kind {
    pub fn new(name: &str, size: u64) -> Kind {
        Kind { name: name.to_owned(), size: Some(size) }
    }

    /// The size in bits, or the usual one where none is given.
    pub fn size(&self) -> u64 {
        self.size.unwrap_or(match self.name.as_str() {
            "bool" => 1,
            "rational" | "double-interval" => 128,
            "rational-interval" => 256,
            _ => 64,
        })
    }
}

#[derive(Read, Write, Default)]
pub(super) struct Annotations {
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    pub rewards: Ordered<Annotation>,
    /// Atomic propositions: named sets of states.
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    pub aps: Ordered<Annotation>,
}

#[derive(Read, Write)]
pub(super) struct Annotation {
    /// The name, where it is no identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    #[serde(rename = "applies-to", default)]
    pub applies_to: Vec<String>,
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(rename = "probability-type", default, skip_serializing)]
    pub probability: Option<Kind>,
}

impl Index {
    /// Reads the text and refuses what is not a discrete-time MDP or Markov chain with known probabilities.
    pub fn parse(text: &[u8]) -> Result<Index, String> {
        let version: Version = serde_json::from_slice(text).map_err(|e| format!("is not an index: {e}"))?;
        if version.version > u64::from(VERSION) {
            return Err(format!("says format version {}; supported is version {VERSION}", version.version));
        }
        let index: Index = serde_json::from_slice(text).map_err(|e| format!("is not an index: {e}"))?;
        index.system.check()?;
        Ok(index)
    }
}

impl System {
    fn check(&self) -> Result<(), String> {
        match self.time.as_str() {
            "discrete" => {}
            "stochastic" | "urgent-stochastic" => {
                return Err(format!("says that time is `{}`, which is continuous; supported is `discrete`", self.time));
            }
            other => return Err(format!("says that time is `{other}`; supported is `discrete`")),
        }
        if self.exit_rate.is_some() {
            return Err("has exit rates, as in continuous time; supported is discrete time".into());
        }
        if self.players > 1 {
            return Err(format!("has {} players; supported are one (an MDP) or none (a chain)", self.players));
        }
        if self.observations > 0 {
            return Err(format!(
                "has {} observations, so that states are only partly observable; supported are models without them",
                self.observations
            ));
        }
        if let Some(Kind { name, .. }) = &self.probability {
            match name.as_str() {
                "double" | "rational" => {}
                "double-interval" | "rational-interval" => {
                    return Err(format!(
                        "has intervals of probabilities ({name}); supported are single ones (double, rational)"
                    ));
                }
                other => {
                    return Err(format!("has probabilities of type `{other}`; supported are double and rational"));
                }
            }
        }
        for (what, count) in [("states", self.states), ("choices", self.choices), ("branches", self.branches)] {
            if count >= u64::from(u32::MAX) {
                return Err(format!("has {count} {what}; there should be fewer than 2^32 - 1"));
            }
        }
        if self.states == 0 {
            return Err("has no state".into());
        }
        Ok(())
    }
}

/// A JSON object that keeps the order of its members.
pub(super) struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Ordered<T> {
        Ordered(Vec::new())
    }
}

impl<T> Ordered<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, member) in &self.0 {
            map.serialize_entry(name, member)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ordered<T>, D::Error> {
        struct Members<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered(members))
            }
        }
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}
