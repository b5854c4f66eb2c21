//! What the fields of a VF can do that are no attributes: be read, written, laid over one another, resolved.

/// Makes it from the part of the list that is about single VFs.
macro_rules! vf_fields {
    ($($vf_doc:literal $vf:ident $vf_key:literal: $vf_kind:ty,)*) => {
        impl DesiredVf {
            /// Returns what is wanted of the VF.
            pub(crate) fn asked(&self) -> Vec<crate::kind::Asked> {
                let mut asked = crate::vf::asked(self);
                $(asked.extend(self.$vf.iter().flat_map(|wanted| {
                    crate::kind::asked([<$vf_kind as crate::kind::VfKind>::explain(&wanted.value)], &wanted.origin)
                }));)*
                asked
            }
        }

        impl VfSpec {
            /// The keys of the fields that are no attributes.
            pub(crate) const KIND_KEYS: &'static [&'static str] = &[$($vf_key),*];

            /// Reads the value of a field that is no attribute.
            pub(crate) fn read_kind<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                key: &str,
                map: &mut A,
            ) -> Result<(), A::Error> {
                match key {
                    $($vf_key => self.$vf = Some(map.next_value()?),)*
                    _ => {}
                }
                Ok(())
            }

            /// Writes the fields that are no attributes.
            pub(crate) fn write_kinds<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                $(if let Some(spec) = &self.$vf {
                    map.serialize_entry($vf_key, spec)?;
                })*
                Ok(())
            }

            /// Returns the schema of each field that is no attribute, with its description.
            pub(crate) fn kind_schemas(
                generator: &mut schemars::SchemaGenerator,
            ) -> Vec<(&'static str, schemars::Schema)> {
                vec![$({
                    let mut schema = generator.subschema_for::<<$vf_kind as crate::kind::VfKind>::Spec>();
                    schema.insert("description".to_owned(), $vf_doc.into());
                    ($vf_key, schema)
                }),*]
            }

            /// Returns the keys of all fields that say something.
            pub(crate) fn keys(&self) -> Vec<&'static str> {
                let mut keys: Vec<_> = self.attributes.keys().map(|attribute| attribute.key()).collect();
                $(keys.extend(self.$vf.as_ref().map(|_| $vf_key));)*
                keys
            }

            /// Returns whether both say the same in a field that is no attribute.
            pub(crate) fn agrees_in(&self, key: &str, other: &Self) -> bool {
                match key {
                    $($vf_key => self.$vf == other.$vf,)*
                    _ => true,
                }
            }

            /// Returns what each field that is no attribute would say of a VF as it is, one settings each.
            pub(crate) fn live_kinds(
                pf: &vfctl_port::PfFacts,
                vf: &vfctl_port::VfFacts,
            ) -> Vec<Self> {
                let mut live = Vec::new();
                $(live.extend(
                    <$vf_kind as crate::kind::VfKind>::live(pf, vf).map(|spec| Self { $vf: Some(spec), ..Self::default() }),
                );)*
                live
            }

            /// Adds what another one says.
            pub(crate) fn merge(&mut self, other: Self) {
                self.attributes.extend(other.attributes);
                $(if other.$vf.is_some() {
                    self.$vf = other.$vf;
                })*
            }
        }

        impl<'a> EffectiveVf<'a> {
            /// Lays settings over what holds so far, but for attributes that are not to be kept.
            pub(crate) fn lay(
                &mut self,
                settings: &'a VfSpec,
                entry: crate::vf::Entry,
                ordinal: u16,
                keep: impl Fn(vfctl_model::VfAttribute) -> bool,
            ) {
                for (attribute, value) in settings.attributes.iter().filter(|(attribute, _)| keep(**attribute)) {
                    self.attributes.insert(*attribute, crate::vf::Chosen { value, entry, ordinal });
                }
                $(if let Some(value) = &settings.$vf {
                    self.$vf = Some(crate::vf::Chosen { value, entry, ordinal });
                })*
            }

            /// Writes into `desired` what the fields that are no attributes mean.
            pub(crate) fn resolve_kinds(
                &self,
                desired: &mut DesiredVf,
                mut place: impl FnMut(crate::vf::Entry, &'static str) -> crate::path::Origin,
            ) {
                $(desired.$vf = self.$vf.as_ref().map(|chosen| crate::desired::Wanted {
                    value: <$vf_kind as crate::kind::VfKind>::resolve(chosen.value),
                    origin: place(chosen.entry, $vf_key),
                });)*
            }
        }
    };
}

pub(crate) use vf_fields;
