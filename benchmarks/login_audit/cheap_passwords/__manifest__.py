{
    "name": "Cheap Passwords",
    "summary": "Hashes passwords in one round, for benchmarks",
    "version": "18.0.1.0.0",
    "license": "LGPL-3",
    "depends": ["base"],
    "installable": False,
}
