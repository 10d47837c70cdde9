//! Numbers and linear algebra: nothing here knows about reinforcement learning.
