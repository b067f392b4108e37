#!/usr/bin/env bash
# In the container: a demo database with every addon, its story played. Odoo's own demo
# data is left out: the stories load what they need.
set -euo pipefail
database=${1:-reyder_e2e}
suite=/opt/suite
addons=$(tr '\n' ',' < "$suite/addons.txt")
mapfile -t demo_flags < "$suite/demo_flags.txt"

odoo -c /etc/odoo/odoo.conf -d "$database" -i "${addons%,}" "${demo_flags[@]}" \
    --no-http --stop-after-init
odoo shell -c /etc/odoo/odoo.conf -d "$database" --no-http < "$suite/story.py"
echo "The database $database is ready; restart Odoo: docker compose restart odoo"
