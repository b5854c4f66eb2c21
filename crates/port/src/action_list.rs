//! What follows from the table of actions: the enums, and what each row says of a value.

/// Makes the enums and their table from one row each.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $word:literal $(($value:ident: $payload:ty))? {
        changes: $changes:expr,
        after: $after:expr,
        $(unsettles: $unsettles:expr,)?
        $(retried: $retried:expr,)?
        words: $words:expr,
        $($column:ident: $cell:expr),* $(,)?
    })*) => {
        /// One thing that an edge can do to a target.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum Action {
            $($(#[$doc])* $name $(($payload))?,)*
        }

        /// The kinds of actions, without their values.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ActionKind {
            $($(#[$doc])* $name,)*
        }

        impl ActionKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the kind's row.
            pub fn row(self) -> &'static ActionRow {
                match self {
                    $(Self::$name => {
                        const RETRIED: bool = false $(|| $retried)?;
                        const ROW: ActionRow =
                            ActionRow { kind: ActionKind::$name, word: $word, retried: RETRIED, $($column: $cell),* };
                        &ROW
                    })*
                }
            }
        }

        impl Action {
            /// Returns the kind.
            pub fn kind(&self) -> ActionKind {
                match self { $(Self::$name { .. } => ActionKind::$name,)* }
            }

            /// Returns the property of its target that it changes.
            #[allow(unused_variables, reason = "few rows look at the value")]
            pub fn changes(&self) -> Property {
                match self { $(Self::$name $(($value))? => $changes,)* }
            }

            /// Returns properties of its target that may be another after it, besides the one that it changes.
            #[allow(unused_variables, reason = "few rows have the cell, and few look at the value")]
            pub fn unsettles(&self) -> &'static [Property] {
                match self {
                    $(Self::$name $(($value))? => {
                        let unsettled: &'static [Property] = &[];
                        $(let unsettled: &'static [Property] = $unsettles;)?
                        unsettled
                    })*
                }
            }

            /// Returns the words that its value puts into the row's command.
            #[allow(unused_variables, reason = "few rows have no value")]
            pub(crate) fn words(&self) -> Vec<(&'static str, String)> {
                match self { $(Self::$name $(($value))? => Vec::from($words),)* }
            }

            /// Returns what is true of that property afterwards; `None` where the kernel or the driver decides.
            #[allow(unused_variables, reason = "few rows look at the value")]
            pub fn after(&self) -> Option<Expect> {
                match self { $(Self::$name $(($value))? => $after,)* }
            }
        }
    };
}

pub(crate) use actions;
