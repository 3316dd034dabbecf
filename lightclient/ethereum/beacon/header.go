package beacon

import "fmt"

// ExecutionHash is the hash of the header's execution block; it is proven when
// the header is.
func (h *Header) ExecutionHash() Root { return h.Execution.BlockHash }

// checkHeader is the specs' is_valid_light_client_header: in this order, the
// fork is known and has execution blocks; fields of later forks are 0; the
// payload header's branch leads to the block's body. Errors: ErrFork,
// ErrNoExecution, ErrExecutionBranch.
func (n *Network) checkHeader(h *Header) error {
	fork, err := n.ForkAt(h.Beacon.Slot)
	if err != nil {
		return err
	}
	if fork < Deneb && (h.Execution.BlobGasUsed != 0 || h.Execution.ExcessBlobGas != 0) {
		return fmt.Errorf("%w: blob gas at slot %d of %s", ErrExecutionBranch, h.Beacon.Slot, fork)
	}
	if len(h.ExecutionBranch) != depth(executionIndex) {
		return fmt.Errorf("%w: %d nodes, want %d", ErrExecutionBranch, len(h.ExecutionBranch), depth(executionIndex))
	}
	if !leadsTo(h.Execution.Root(fork), h.ExecutionBranch, executionIndex, h.Beacon.BodyRoot) {
		return fmt.Errorf("%w: slot %d, block %s", ErrExecutionBranch, h.Beacon.Slot, h.Execution.BlockHash)
	}
	return nil
}
