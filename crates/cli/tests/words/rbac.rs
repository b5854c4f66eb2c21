//! What `rbac` prints, and what it refuses to print.

use crate::place::Place;

const FIX: &str = "fix: pass -n NAMESPACE: ";

#[test]
fn rights_to_create_pods_need_a_namespace() {
    let place = Place::new();
    for words in ["rbac verify", "rbac read verify -o json"] {
        let ran = place.vfctl(words);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{words}");
        assert!(ran.err.contains("they allow creating pods, and no namespace is named"), "{}", ran.err);
        assert!(ran.err.contains(FIX), "{}", ran.err);
    }
}

#[test]
fn rights_to_create_pods_are_not_given_where_accounts_are_cluster_administrators() {
    let place = Place::new();
    let ran = place.vfctl("rbac read verify --namespace kube-system");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(
        ran.err.contains("in namespace kube-system: a pod there can run as any of its accounts"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains(FIX), "{}", ran.err);
}

#[test]
fn rights_to_create_pods_are_those_of_one_namespace() {
    let ran = Place::new().vfctl("rbac read verify -n probes");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let objects: Vec<&str> = ran.out.split("---\n").collect();
    let creates: Vec<&&str> = objects
        .iter()
        .filter(|object| object.contains("- pods\n") && object.contains("- create\n"))
        .collect();
    assert!(
        matches!(creates.as_slice(), [role] if role.contains("kind: Role\n") && role.contains("namespace: probes\n")),
        "{}",
        ran.out
    );
}

#[test]
fn rights_without_pods_have_a_namespace_of_their_own() {
    let place = Place::new();
    for words in ["rbac", "rbac read node shared", "rbac -n kube-system"] {
        let ran = place.vfctl(words);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words}");
        assert!(ran.out.contains("namespace: kube-system\n"), "{words}");
    }
}
