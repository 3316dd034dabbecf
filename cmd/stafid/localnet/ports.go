package localnet

import "fmt"

// portsPerNode is the distance between two validators' first ports.
const portsPerNode = 10

// NodePorts are the loopback ports of a validator.
type NodePorts struct {
	RPC     int `json:"rpc"`
	P2P     int `json:"p2p"`
	GRPC    int `json:"grpc"`
	REST    int `json:"rest"`
	Metrics int `json:"metrics"`
}

// RelayerPorts are the loopback ports of a relayer.
type RelayerPorts struct {
	Metrics int `json:"metrics"`
	Service int `json:"service"`
}

func nodePorts(base, index int) NodePorts {
	first := base + index*portsPerNode
	return NodePorts{RPC: first, P2P: first + 1, GRPC: first + 2, REST: first + 3, Metrics: first + 4}
}

func relayerPorts(base, index int) RelayerPorts {
	first := base + index*portsPerNode + 5
	return RelayerPorts{Metrics: first, Service: first + 1}
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func tcp(port int) string { return "tcp://" + loopback(port) }
