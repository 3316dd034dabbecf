package pvss

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Reconstruct gives the secret h^{p(0)} of a dealing from decrypted shares, by Lagrange interpolation in the exponent of the first threshold
// ones; any others give the same 32 bytes. It refuses slots out of range or given twice (ErrSlot), too few shares (ErrTooFewShares) and bad
// elements, and trusts that each share passed VerifyDecryption.
func Reconstruct(threshold int, shares []Share) (Element, error) {
	if err := checkSlots(shares); err != nil {
		return Element{}, err
	}
	if threshold < 1 || len(shares) < threshold {
		return Element{}, fmt.Errorf("%w: %d, want %d", ErrTooFewShares, len(shares), max(threshold, 1))
	}
	used := shares[:threshold]
	decoded, err := sharePoints("decrypted", used)
	if err != nil {
		return Element{}, err
	}
	return encode(combine(lagrange(used), decoded)), nil
}

func checkSlots(shares []Share) error {
	var seen [MaxSlots + 1]bool
	for _, share := range shares {
		if share.Slot < 1 || share.Slot > MaxSlots {
			return fmt.Errorf("%w: slot %d, want 1 to %d", ErrSlot, share.Slot, MaxSlots)
		}
		if seen[share.Slot] {
			return fmt.Errorf("%w: slot %d given twice", ErrSlot, share.Slot)
		}
		seen[share.Slot] = true
	}
	return nil
}

// lagrange is L_i(0) = Π_{j≠i} x_j / (x_j − x_i) over the shares' slots.
func lagrange(shares []Share) []*scalar.Scalar {
	coefficients, denominators := make([]*scalar.Scalar, len(shares)), make([]*scalar.Scalar, len(shares))
	for i := range shares {
		coefficients[i], denominators[i] = scalar.One(), scalar.One()
		xi := scalar.NewFromUint64(uint64(shares[i].Slot))
		for j := range shares {
			if j == i {
				continue
			}
			xj := scalar.NewFromUint64(uint64(shares[j].Slot))
			coefficients[i].Mul(coefficients[i], xj)
			denominators[i].Mul(denominators[i], xj.Sub(xj, xi))
		}
	}
	scalar.New().BatchInvert(denominators)
	for i := range coefficients {
		coefficients[i].Mul(coefficients[i], denominators[i])
	}
	return coefficients
}
