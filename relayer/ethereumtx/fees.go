package ethereumtx

import (
	"fmt"
	"math/big"
)

// Policy bounds what is paid, in wei per gas.
type Policy struct {
	// Max is the most that any transaction offers in all, and so the most that can be paid.
	Max *big.Int
	// Tip is what a transaction offers block producers at first.
	Tip *big.Int
}

// Fees are what a transaction offers per gas (EIP-1559): Max in all, of which at most Tip to the block's producer.
type Fees struct {
	Max *big.Int
	Tip *big.Int
}

// A replacement must offer a tenth more of both, as nodes have it; an eighth is safe from their rounding.
const (
	raiseNumerator   = 9
	raiseDenominator = 8
)

// limit is the most that a transaction offers that is wanted: one that is to cancel it can still offer more.
func (p Policy) limit() *big.Int {
	limit := new(big.Int).Sub(p.Max, big.NewInt(1))
	return limit.Quo(limit.Mul(limit, big.NewInt(raiseDenominator)), big.NewInt(raiseNumerator))
}

// First is what a transaction offers at first: twice the base fee, which lasts through six full blocks, and the tip. Errors: ErrTooDear where not
// even the base fee fits.
func (p Policy) First(base *big.Int) (Fees, error) {
	limit := p.limit()
	if base.Cmp(limit) >= 0 {
		return Fees{}, fmt.Errorf("%w: base fee %s wei, want less than %s", ErrTooDear, base, limit)
	}
	most := new(big.Int).Add(p.Tip, new(big.Int).Lsh(base, 1))
	most = lesser(most, limit)
	return Fees{Max: most, Tip: lesser(p.Tip, most)}, nil
}

// Raise is what a replacement offers that is still wanted; false where the policy leaves no room for one.
func (p Policy) Raise(f Fees, base *big.Int) (Fees, bool) {
	raised := f.raised()
	limit := p.limit()
	if raised.Max.Cmp(limit) > 0 {
		return Fees{}, false
	}
	now := new(big.Int).Add(raised.Tip, new(big.Int).Lsh(base, 1))
	return Fees{Max: greater(raised.Max, lesser(now, limit)), Tip: raised.Tip}, true
}

// Cancel is what a replacement offers that takes the place of a transaction that is not wanted; false where the policy leaves no room.
func (p Policy) Cancel(f Fees) (Fees, bool) {
	raised := f.raised()
	return raised, raised.Max.Cmp(p.Max) <= 0
}

func (f Fees) raised() Fees { return Fees{Max: raise(f.Max), Tip: raise(f.Tip)} }

// raise by an eighth, rounded up.
func raise(amount *big.Int) *big.Int {
	raised := new(big.Int).Mul(amount, big.NewInt(raiseNumerator))
	raised.Add(raised, big.NewInt(raiseDenominator-1))
	return raised.Quo(raised, big.NewInt(raiseDenominator))
}

func lesser(a, b *big.Int) *big.Int {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}

func greater(a, b *big.Int) *big.Int {
	if a.Cmp(b) >= 0 {
		return a
	}
	return b
}
