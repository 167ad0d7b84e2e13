"""communique list: what there is to use."""

import click


@click.command("list")
@click.argument("what", type=click.Choice(["countries", "scenarios"]))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(what: str, as_json: bool) -> None:
    """List the countries that have a desk, or the scenarios that can be run."""
    import json

    from simulation import catalog

    rows = []
    if what == "countries":
        for name in catalog.files("agents"):
            desk = catalog.load_dossier(name)
            rows.append({"name": name, "code": desk.code, "title": desk.name, "passages": len(desk.passages)})
    else:
        for name in catalog.files("scenarios"):
            found = catalog.load_scenario(name)
            rows.append({"name": name, "date": found.date, "title": found.title, "history": bool(found.history)})
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    width = max(len(str(r["name"])) for r in rows)
    for row in rows:
        lead = row.get("code") or row.get("date")
        tail = f"  ({row['passages']} passages)" if "passages" in row else "  (history)" if row["history"] else ""
        click.echo(f"{row['name']:<{width}}  {lead:<10}  {row['title']}{tail}")
