package e2e

import "syscall"

// childAttributes put a child into its own process group, so that Ctrl-C
// reaches the harness only, which then stops it in order; and end it with the
// harness, should that be killed.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
