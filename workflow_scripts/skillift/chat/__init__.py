"""Models behind an API: judges, teachers and reference models, asked one by one."""
