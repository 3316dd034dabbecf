package e2e

import (
	"fmt"
	"net"
)

// FreePort is a TCP port on loopback that nothing listens on. Another process
// can take it before it is used: the process that was given it then fails to start.
func FreePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// FreeRange is the first of count adjacent ports on loopback that nothing
// listens on, outside the range from which the system gives ports to clients.
func FreeRange(count int) (int, error) {
	const lowest, highest = 20000, 32000
	for base := lowest; base+count <= highest; base += count {
		if rangeIsFree(base, count) {
			return base, nil
		}
	}
	return 0, fmt.Errorf("no %d adjacent free ports between %d and %d", count, lowest, highest)
}

func rangeIsFree(base, count int) bool {
	for port := base; port < base+count; port++ {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		_ = listener.Close()
	}
	return true
}
