// Package rpc is a member's service to stakers (protocol §15): what its light clients have proven and its own node says, by gRPC and HTTP. Calls
// that carry a receipt are counted; the highest receipt of each client is kept on disk until it is handed in.
package rpc
