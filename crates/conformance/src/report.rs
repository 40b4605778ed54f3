//! The table surface x scenario, and what is wrong in the red cells.

use std::collections::BTreeMap;
use std::time::Duration;

/// How one cell of the table came out.
pub(crate) enum Verdict {
    Green,
    Skipped,
    Red(Vec<String>),
}

/// Surface, then scenario.
pub(crate) type Table = BTreeMap<String, BTreeMap<String, Verdict>>;

/// Prints; true when every cell is green or skipped for a reason, and nothing is missing.
pub(crate) fn print(table: &Table, missing: &[String], took: Duration) -> bool {
    let (mut passed, mut failed, mut skipped) = (0_usize, missing.len(), 0_usize);
    let surfaces: Vec<&String> = table.keys().collect();
    let scenarios: std::collections::BTreeSet<&String> = table.values().flat_map(|row| row.keys()).collect();
    let width = scenarios.iter().map(|name| name.len()).max().unwrap_or(0);
    println!("{:width$}  {}", "", surfaces.iter().map(|s| s.as_str()).collect::<Vec<_>>().join("  "));
    for scenario in &scenarios {
        let cells: Vec<String> = surfaces
            .iter()
            .map(|surface| {
                let cell = table.get(*surface).and_then(|row| row.get(*scenario));
                let word = match cell {
                    Some(Verdict::Green) => {
                        passed += 1;
                        "ok"
                    }
                    Some(Verdict::Skipped) => {
                        skipped += 1;
                        "skip"
                    }
                    Some(Verdict::Red(_)) => {
                        failed += 1;
                        "RED"
                    }
                    None => "-",
                };
                format!("{word:surface$}", surface = surface.len())
            })
            .collect();
        println!("{scenario:width$}  {}", cells.join("  "));
    }
    for (surface, row) in table {
        for (scenario, verdict) in row {
            if let Verdict::Red(differences) = verdict {
                println!("\nRED {surface} x {scenario}");
                for difference in differences {
                    println!("    {difference}");
                }
            }
        }
    }
    for line in missing {
        println!("\nMISSING {line}");
    }
    println!("\n{} surfaces, {} scenarios, {:.1} s", table.len(), scenarios.len(), took.as_secs_f64());
    println!("conformance: {passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}
