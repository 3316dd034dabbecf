package types

// Validate checks the bounds of a heartbeat: at most MaxChains heads, each chain once in ascending order, hashes of at most 64
// bytes and a version of at most 64 bytes.
func (m MsgHeartbeat) Validate() error {
	if len(m.Version) > MaxVersionLen {
		return ErrInvalidHeartbeat.Wrapf("version has %d bytes, want at most %d", len(m.Version), MaxVersionLen)
	}
	if len(m.Chains) > MaxChains {
		return ErrInvalidHeartbeat.Wrapf("%d chains, want at most %d", len(m.Chains), MaxChains)
	}
	for i, head := range m.Chains {
		if err := ValidateChainID(head.ChainId); err != nil {
			return err
		}
		if len(head.Hash) > MaxHeaderHashLen {
			return ErrInvalidHeartbeat.Wrapf("hash of chain %s has %d bytes, want at most %d", head.ChainId, len(head.Hash), MaxHeaderHashLen)
		}
		if i > 0 && m.Chains[i-1].ChainId >= head.ChainId {
			return ErrInvalidHeartbeat.Wrapf("chain %s after %s, want each chain once in ascending order", head.ChainId, m.Chains[i-1].ChainId)
		}
	}
	return nil
}
