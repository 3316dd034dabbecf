//go:build !linux

package e2e

import "syscall"

// childAttributes put a child into its own process group, so that Ctrl-C
// reaches the harness only, which then stops it in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
