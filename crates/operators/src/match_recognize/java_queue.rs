//! A queue that keeps the order of Java's `PriorityQueue`, whose ties decide which of several matches of one first row is
//! the one that is found.

/// A binary heap with the smallest key first. Equal keys stand as Java leaves them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaQueue<T> {
    items: Vec<T>,
}

/// What a queue is ordered by.
pub trait Keyed {
    fn key(&self) -> u64;
}

impl<T: Keyed> JavaQueue<T> {
    pub fn new() -> Self {
        Self { items: Vec::new() }
    }

    /// A queue whose items stood like this in another one.
    pub fn of(items: Vec<T>) -> Self {
        Self { items }
    }

    /// All items, in the order in which Java's iterator gives them.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn peek(&self) -> Option<&T> {
        self.items.first()
    }

    pub fn add(&mut self, item: T) {
        self.items.push(item);
        let mut at = self.items.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.items[at].key() >= self.items[parent].key() {
                break;
            }
            self.items.swap(at, parent);
            at = parent;
        }
    }

    pub fn poll(&mut self) -> Option<T> {
        if self.items.is_empty() {
            return None;
        }
        let first = self.items.swap_remove(0);
        self.sift_down(0);
        Some(first)
    }

    /// Removes items at once; those that are left are ordered anew.
    pub fn remove_if(&mut self, removes: impl Fn(&T) -> bool) {
        let before = self.items.len();
        self.items.retain(|item| !removes(item));
        if self.items.len() < before {
            for at in (0..self.items.len() / 2).rev() {
                self.sift_down(at);
            }
        }
    }

    /// Puts the items that stay into a new queue, one by one.
    pub fn rebuild(&mut self, stays: impl Fn(&T) -> bool) {
        if self.items.iter().all(&stays) {
            return;
        }
        for item in std::mem::take(&mut self.items) {
            if stays(&item) {
                self.add(item);
            }
        }
    }

    fn sift_down(&mut self, mut at: usize) {
        let half = self.items.len() / 2;
        while at < half {
            let mut child = 2 * at + 1;
            if child + 1 < self.items.len() && self.items[child].key() > self.items[child + 1].key() {
                child += 1;
            }
            if self.items[at].key() <= self.items[child].key() {
                break;
            }
            self.items.swap(at, child);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Keyed for (u64, char) {
        fn key(&self) -> u64 {
            self.0
        }
    }

    fn names(queue: &JavaQueue<(u64, char)>) -> String {
        queue.items().iter().map(|(_, name)| *name).collect()
    }

    /// As `java.util.PriorityQueue` of OpenJDK 17 orders these.
    #[test]
    fn ties_stand_as_in_java() {
        let mut queue = JavaQueue::new();
        for item in [(3, 'a'), (1, 'b'), (2, 'c'), (1, 'd'), (1, 'e'), (0, 'f')] {
            queue.add(item);
        }
        assert_eq!(names(&queue), "fdbaec");
        assert_eq!(queue.poll(), Some((0, 'f')));
        assert_eq!(names(&queue), "debac");
        queue.remove_if(|(key, _)| *key == 2);
        assert_eq!(names(&queue), "deba");
        let polled: String = std::iter::from_fn(|| queue.poll()).map(|(_, name)| name).collect();
        assert_eq!(polled, "deba");
    }
}
