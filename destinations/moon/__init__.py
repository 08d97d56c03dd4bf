"""Moon ERP: training enrollments over its REST interface, one by one."""
