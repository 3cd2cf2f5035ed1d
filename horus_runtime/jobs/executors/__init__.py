"""Where jobs are executed: in this process; later in a supervised child process and on other machines."""
