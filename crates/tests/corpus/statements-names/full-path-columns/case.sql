SELECT default_database.t.id FROM default_database.t;
