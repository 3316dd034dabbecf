package types

// Validate wants a hash of 32 bytes, an amount above 0, and a recipient. Errors: ErrCredit.
func (c Credit) Validate() error {
	switch {
	case len(c.TxHash) != HashSize:
		return ErrCredit.Wrapf("tx_hash has %d bytes, wanted %d", len(c.TxHash), HashSize)
	case c.Amount.IsNil() || !c.Amount.IsPositive():
		return ErrCredit.Wrapf("amount is %s, wanted more than 0", c.Amount)
	case c.Recipient == "":
		return ErrCredit.Wrap("no recipient, wanted an address of this chain")
	}
	return nil
}
