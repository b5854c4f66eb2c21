//! What follows from the list of kinds: the types of documents and of what is wanted, and the walks over all kinds.

/// Makes from the list of kinds: the structs of documents, what is wanted of PFs and VFs, and the walks over all kinds.
macro_rules! kinds {
    (
        sections { $($(#[$section_doc:meta])* $section:ident $section_key:literal: $section_kind:ty,)* }
        pf { $($(#[$pf_doc:meta])* $pf:ident $pf_key:literal: $pf_kind:ty,)* }
        vfs { $($(#[$vfs_doc:meta])* $vfs:ident $vfs_key:literal: $vfs_kind:ty,)* }
        vf { $($vf_doc:literal $vf:ident $vf_key:literal: $vf_kind:ty,)* }
    ) => {
        /// What a document asks for.
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        pub struct Body {
            /// The hosts it concerns; absent, the host it is run on.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub nodes: Option<crate::document::NodeSelector>,
            /// Values that differ per host, by the host's name.
            #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            #[schemars(with = "crate::vf_address::HostsSchema")]
            pub hosts: std::collections::BTreeMap<vfctl_model::HostName, crate::document::HostValues>,
            $(
                $(#[$section_doc])*
                #[serde(rename = $section_key, default, skip_serializing_if = "crate::kind::is_default")]
                pub $section: <$section_kind as crate::kind::Section>::Spec,
            )*
        }

        /// What a document asks of one PF, or of each that it matches.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        pub struct PfSpec {
            /// The document's name for it.
            #[schemars(regex(pattern = "^[0-9A-Za-z][0-9A-Za-z._-]{0,62}$"))]
            pub name: String,
            /// Which device is meant.
            #[serde(rename = "match")]
            pub matcher: crate::pf::Matcher,
            /// How many devices the matcher must find: `one` (the default), `all`, or a number.
            #[serde(default, skip_serializing_if = "crate::kind::is_default")]
            pub expect: crate::pf::ExpectSpec,
            /// Whether a host may lack it.
            #[serde(default, skip_serializing_if = "crate::kind::is_default")]
            pub optional: bool,
            /// What to do about values that the driver does not support: `error` (the default) or `warn`.
            #[serde(default, skip_serializing_if = "crate::kind::is_default")]
            pub on_unsupported: crate::document::OnUnsupported,
            $(
                $(#[$pf_doc])*
                #[serde(rename = $pf_key, default, skip_serializing_if = "Option::is_none")]
                pub $pf: Option<<$pf_kind as crate::kind::PfKind>::Spec>,
            )*
            /// Its virtual functions.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub vfs: Option<VfsSpec>,
        }

        impl PfSpec {
            /// Returns an entry that asks nothing of the one PF which it must find.
            pub fn new(name: String, matcher: crate::pf::Matcher) -> Self {
                Self {
                    name,
                    matcher,
                    expect: Default::default(),
                    optional: false,
                    on_unsupported: Default::default(),
                    $($pf: None,)*
                    vfs: None,
                }
            }
        }

        /// The virtual functions of a PF.
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        pub struct VfsSpec {
            $(
                $(#[$vfs_doc])*
                #[serde(rename = $vfs_key, default, skip_serializing_if = "Option::is_none")]
                pub $vfs: Option<<$vfs_kind as crate::kind::PfKind>::Spec>,
            )*
            /// What holds for every VF.
            #[serde(default, skip_serializing_if = "crate::kind::is_default")]
            pub all: VfSpec,
            /// What holds for some; the later and narrower entry wins.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub groups: Vec<crate::vf::VfGroup>,
        }

        /// What a document says of one VF or many.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
        pub struct VfSpec {
            /// The attributes that the PF sets, by the table.
            pub attributes: std::collections::BTreeMap<vfctl_model::VfAttribute, crate::vf::AttributeSpec>,
            $(
                #[doc = $vf_doc]
                pub $vf: Option<<$vf_kind as crate::kind::VfKind>::Spec>,
            )*
        }

        /// What holds for one VF, once `all` and the groups are laid over one another.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct EffectiveVf<'a> {
            /// The attributes.
            pub attributes:
                vfctl_model::ByAttribute<crate::vf::Chosen<&'a crate::vf::AttributeSpec>>,
            $(
                #[doc = $vf_doc]
                pub $vf: Option<crate::vf::Chosen<&'a <$vf_kind as crate::kind::VfKind>::Spec>>,
            )*
        }

        /// What one PF of one host should look like; what is `None` is left alone.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct DesiredPf {
            /// The document's name for it, with the document's own: `workers/fast`.
            pub name: String,
            /// The device.
            pub address: vfctl_model::DeviceAddress,
            /// The entry in the spec.
            pub origin: crate::path::Origin,
            /// By which terms it was matched, such as `interface eth0, driver igb`.
            pub selector: String,
            /// What of the device those terms rest on: another device or role that takes its place later is not meant.
            pub pins: std::collections::BTreeSet<vfctl_port::Property>,
            /// What to do about values that the driver does not support.
            pub on_unsupported: crate::document::OnUnsupported,
            /// What was found when the entry was resolved for this PF.
            pub findings: crate::finding::Findings,
            $(
                $(#[$pf_doc])*
                pub $pf: Option<crate::desired::Wanted<<$pf_kind as crate::kind::PfKind>::Desired>>,
            )*
            $(
                $(#[$vfs_doc])*
                pub $vfs: Option<crate::desired::Wanted<<$vfs_kind as crate::kind::PfKind>::Desired>>,
            )*
            /// Its VFs, those up to the count that the spec speaks of.
            pub vfs: std::collections::BTreeMap<vfctl_model::VfIndex, DesiredVf>,
        }

        /// What one VF should look like.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct DesiredVf {
            /// The attributes.
            pub attributes: vfctl_model::ByAttribute<
                crate::desired::Wanted<crate::setting::Setting<vfctl_model::VfValue>>,
            >,
            $(
                #[doc = $vf_doc]
                pub $vf: Option<crate::desired::Wanted<<$vf_kind as crate::kind::VfKind>::Desired>>,
            )*
        }

        crate::vf_fields::vf_fields! { $($vf_doc $vf $vf_key: $vf_kind,)* }

        /// The walks over all kinds, in the order of the list.
        pub(crate) mod walk {
            use super::*;
            use crate::kind::{Asked, PfColumn, PfKind, Section, VfColumn, VfKind};

            /// Notes the rules that documents break, section by section.
            pub(crate) fn check_sections(
                documents: &[&crate::document::SriovConfig],
                violations: &mut crate::path::Violations,
            ) {
                $(<$section_kind>::check(documents, violations);)*
            }

            /// Drafts what is to be done on a host.
            pub(crate) fn plan(context: &crate::lane::HostContext<'_>, draft: &mut crate::lane::HostDraft) {
                $(<$section_kind>::plan(context, draft);)*
                $(<$section_kind>::conclude(context, draft);)*
            }

            /// Returns whether a document asks something of the cluster.
            pub(crate) fn asks_of_cluster(body: &Body) -> bool {
                false $(|| <$section_kind>::asks_of_cluster(&body.$section))*
            }

            /// Returns whether what a document asks for has to be written to the cluster.
            pub(crate) fn writes_to_cluster(body: &Body) -> bool {
                false $(|| <$section_kind>::writes_to_cluster(&body.$section))*
            }

            /// Drafts what is to be done in the cluster.
            pub(crate) fn plan_cluster(
                context: &crate::cluster::ClusterContext<'_>,
                draft: &mut crate::cluster::ClusterDraft,
            ) {
                $(<$section_kind>::plan_cluster(context, draft);)*
                $(<$section_kind>::conclude_cluster(context, draft);)*
            }

            /// Returns what a document would say of the host as it is.
            pub(crate) fn live(nodes: Option<crate::document::NodeSelector>, host: &vfctl_port::HostFacts) -> Body {
                Body { nodes, hosts: Default::default(), $($section: <$section_kind>::live(host),)* }
            }

            /// Compares a PF with what is wanted of it.
            pub(crate) fn diff(context: &crate::context::PfContext<'_>, diff: &mut crate::context::PfDiff) {
                $(<$pf_kind>::diff(context, diff);)*
                $(<$vfs_kind>::diff(context, diff);)*
                crate::vf::diff(context, diff);
                $(<$vf_kind>::diff(context, diff);)*
            }

            /// Returns what `discover` shows of PFs.
            pub(crate) fn pf_columns() -> Vec<PfColumn> {
                [$(<$pf_kind>::COLUMNS,)* $(<$vfs_kind>::COLUMNS,)*].concat()
            }

            /// Returns what `discover` shows of VFs.
            pub(crate) fn vf_columns() -> Vec<VfColumn> {
                [$(<$pf_kind>::VF_COLUMNS,)* $(<$vfs_kind>::VF_COLUMNS,)*].concat()
            }

            impl PfSpec {
                /// Notes the rules that fields of kinds break.
                pub(crate) fn check_fields(
                    &self,
                    path: &crate::path::SpecPath,
                    violations: &mut crate::path::Violations,
                ) {
                    $(if let Some(spec) = &self.$pf {
                        <$pf_kind>::check(spec, self, &path.key($pf_key), violations);
                    })*
                    if let Some(vfs) = &self.vfs {
                        let path = path.key("vfs");
                        $(if let Some(spec) = &vfs.$vfs {
                            <$vfs_kind>::check(spec, self, &path.key($vfs_key), violations);
                        })*
                    }
                }

                /// Writes into `desired` what the fields of kinds mean for a PF.
                pub(crate) fn resolve_fields(
                    &self,
                    path: &crate::path::SpecPath,
                    place: &dyn Fn(&crate::path::SpecPath) -> crate::path::Origin,
                    facts: &vfctl_port::PfFacts,
                    desired: &mut DesiredPf,
                ) {
                    $(desired.$pf = self.$pf.as_ref().map(|spec| {
                        let origin = place(&path.key($pf_key));
                        let value = <$pf_kind>::resolve(spec, &origin, facts, &mut desired.findings);
                        crate::desired::Wanted { value, origin }
                    });)*
                    let Some(vfs) = &self.vfs else { return };
                    let path = path.key("vfs");
                    $(desired.$vfs = vfs.$vfs.as_ref().map(|spec| {
                        let origin = place(&path.key($vfs_key));
                        let value = <$vfs_kind>::resolve(spec, &origin, facts, &mut desired.findings);
                        crate::desired::Wanted { value, origin }
                    });)*
                }

                /// Returns an entry that says what the PF is like, with the VF settings given.
                pub(crate) fn live(
                    name: String,
                    matcher: crate::pf::Matcher,
                    facts: &vfctl_port::PfFacts,
                    settings: Option<(VfSpec, Vec<crate::vf::VfGroup>)>,
                ) -> Self {
                    let vfs = settings.map(|(all, groups)| VfsSpec {
                        $($vfs: <$vfs_kind>::live(facts),)*
                        all,
                        groups,
                    });
                    Self { $($pf: <$pf_kind>::live(facts),)* vfs, ..Self::new(name, matcher) }
                }
            }

            impl DesiredPf {
                /// Returns a PF of which nothing is wanted yet.
                pub(crate) fn new(
                    name: String,
                    address: vfctl_model::DeviceAddress,
                    origin: crate::path::Origin,
                ) -> Self {
                    Self {
                        name,
                        address,
                        origin,
                        selector: String::new(),
                        pins: Default::default(),
                        on_unsupported: Default::default(),
                        findings: Default::default(),
                        $($pf: None,)*
                        $($vfs: None,)*
                        vfs: Default::default(),
                    }
                }

                /// Returns what is wanted of the PF itself.
                pub(crate) fn asked(&self) -> Vec<Asked> {
                    let mut asked = Vec::new();
                    $(asked.extend(self.$pf.iter().flat_map(|wanted| {
                        crate::kind::asked(<$pf_kind>::explain(&wanted.value), &wanted.origin)
                    }));)*
                    $(asked.extend(self.$vfs.iter().flat_map(|wanted| {
                        crate::kind::asked(<$vfs_kind>::explain(&wanted.value), &wanted.origin)
                    }));)*
                    asked
                }
            }

            /// Returns what a VF that is made anew loses besides attributes.
            pub(crate) fn lost(
                context: &crate::context::PfContext<'_>,
                index: vfctl_model::VfIndex,
                vf: &vfctl_port::VfFacts,
            ) -> Vec<String> {
                [$(<$vf_kind>::lost(context, index, vf)),*].concat()
            }
        }
    };
}

pub(crate) use kinds;
