package e2e

import (
	"fmt"
	"net"
	"sync"
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

// lowestPort and highestPort bound what FreeRange gives: outside the range from which the system gives ports to clients.
const lowestPort, highestPort = 20000, 32000

// given is the first port that this process has not given to anybody yet.
var given = struct {
	sync.Mutex
	next int
}{next: lowestPort}

// FreeRange is the first of count adjacent ports on loopback that nothing listens on and that it has given to nobody before: whoever was given
// ports may be about to use them.
func FreeRange(count int) (int, error) {
	given.Lock()
	defer given.Unlock()
	for base := given.next; base+count <= highestPort; base += count {
		if rangeIsFree(base, count) {
			given.next = base + count
			return base, nil
		}
	}
	return 0, fmt.Errorf("no %d adjacent free ports between %d and %d", count, given.next, highestPort)
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
