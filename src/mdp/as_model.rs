//! A table read back as a model, so that wrappers also apply to tables that came from a file.

use super::{Branch, Branches, Mdp, Model};

impl Model for Mdp {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        Mdp::initial(self).iter().map(|&(s, p)| (p, s)).collect()
    }

    fn num_actions(&self) -> usize {
        Mdp::num_actions(self)
    }

    fn allows(&self, state: u32, action: usize) -> bool {
        self.choice_of(state as usize, action).is_some()
    }

    fn step_law(&self, state: u32, action: usize, out: &mut Branches<u32>) {
        let Some(c) = self.choice_of(state as usize, action) else { return };
        for b in self.branch_range(c) {
            let next = self.successors()[b];
            out.push(Branch {
                probability: self.probabilities()[b],
                next,
                reward: self.branch_reward(c, b),
                terminal: self.is_terminal(next as usize),
            });
        }
    }

    fn labels(&self, state: u32) -> Vec<String> {
        let named = Mdp::labels(self).iter().filter(|(_, members)| members.binary_search(&state).is_ok());
        named.map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::mdp::{MdpBuilder, enumerate};

    #[test]
    fn enumerating_a_table_gives_the_table_back() {
        let mut builder = MdpBuilder::new(4);
        builder.choice(0, 0, &[(0.5, 1, 1.0), (0.5, 2, 2.0)]).choice(0, 2, &[(1.0, 3, 0.5)]);
        builder.choice(1, 0, &[(1.0, 0, 0.0)]).choice(2, 1, &[(1.0, 3, 7.0)]).terminal(3);
        builder.label("middle", 1).label("middle", 2).label("far", 2).label("far", 3);
        let mdp = builder.build().unwrap();
        let again = enumerate(&mdp, 10).unwrap();
        assert_eq!(again.states, [0, 1, 2, 3]);
        assert_eq!(again.mdp, mdp);
    }
}
