"""communique sources: what a desk cites, and whether somebody has seen it."""

import click


@click.command()
@click.argument("country")
@click.option("--unverified", is_flag=True, help="Only those that nobody has confirmed.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(country: str, unverified: bool, as_json: bool) -> None:
    """List the sources of COUNTRY, oldest first, with their state and what confirmed them."""
    import json

    from simulation import catalog

    desk = catalog.load_dossier(country)
    uses: dict[str, int] = {}
    for _, name in desk.citations():
        uses[name] = uses.get(name, 0) + 1
    rows = sorted(desk.sources.items(), key=lambda pair: (pair[1].date, pair[0]))
    shown = [(name, source) for name, source in rows if not (unverified and source.verified)]
    if as_json:
        listed = [{"id": n, "cited": uses.get(n, 0), **s.model_dump(exclude_none=True)} for n, s in shown]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    for name, source in shown:
        mark = "verified  " if source.verified else "unverified"
        wording = "" if source.title_exact else " (title not confirmed)"
        click.echo(f"{source.date:<10}  {mark}  {name}: {source.title}{wording}. {source.publisher} ({source.kind})")
        if source.seen_at:
            click.echo(f"{'':24}seen at {source.seen_at}")
    proved = sum(s.verified for s in desk.sources.values())
    click.echo(f"{proved} of {len(desk.sources)} verified ({100 * proved / len(desk.sources):.0f} %)", err=True)
