package e2e

import (
	"bytes"
	"context"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
)

// badKeys lets the first operator try to register keys that are not its own, or already in use.
func (l *Life) badKeys(ctx context.Context) error {
	first, second := l.stafi.Operators[0], l.stafi.Operators[1]
	again, err := l.prove(ctx, first)
	if err != nil {
		return err
	}
	beacon, err := l.proveBeacon(ctx, first, first.Address)
	if err != nil {
		return err
	}
	_, err = l.registerWith(ctx, first, first.Submitter.Address, beacon, again)
	if err := l.expectRefusal("registering a candidate twice", err); err != nil {
		return err
	}
	inUse, err := l.forge(second, first.Address)
	if err != nil {
		return err
	}
	if err := l.expectUpdateRefusal(ctx, first, "key that another candidate registered", inUse); err != nil {
		return err
	}
	fresh := secp256k1.GenPrivKey()
	forOther, err := possession(fresh, l.stafi.ID, second.Address, l.original.ID)
	if err != nil {
		return err
	}
	if err := l.expectUpdateRefusal(ctx, first, "proof of possession made for another operator", forOther); err != nil {
		return err
	}
	forChain, err := possession(fresh, "another-chain-1", first.Address, l.original.ID)
	if err != nil {
		return err
	}
	if err := l.expectUpdateRefusal(ctx, first, "proof of possession made for another chain", forChain); err != nil {
		return err
	}
	if err := l.badBeaconKeys(ctx, first, second); err != nil {
		return err
	}
	return l.checkRelayer(ctx, first)
}

// badBeaconKeys are beacon keys that are no points, prove nothing, or are another's.
func (l *Life) badBeaconKeys(ctx context.Context, first, second *Operator) error {
	own, err := l.proveBeacon(ctx, first, first.Address)
	if err != nil {
		return err
	}
	forOther, err := l.proveBeacon(ctx, second, first.Address)
	if err != nil {
		return err
	}
	notForFirst, err := l.proveBeacon(ctx, first, second.Address)
	if err != nil {
		return err
	}
	inputs := []struct {
		what   string
		beacon beaconProof
	}{
		{"beacon key that another candidate registered", forOther},
		{"beacon key that is no point of the curve", beaconProof{Key: bytes.Repeat([]byte{0xff}, 32), Proof: own.Proof}},
		{"beacon key that is the identity", beaconProof{Key: make([]byte, 32), Proof: own.Proof}},
		{"beacon key of 31 bytes", beaconProof{Key: own.Key[1:], Proof: own.Proof}},
		{"beacon key without proof", beaconProof{Key: own.Key}},
		{"beacon key whose proof is for another operator", notForFirst},
	}
	for _, input := range inputs {
		_, err := l.updateBeaconWith(ctx, first, input.beacon)
		if err := l.expectRefusal(input.what, err); err != nil {
			return err
		}
	}
	return nil
}

func (l *Life) expectUpdateRefusal(ctx context.Context, operator *Operator, input string, proof keyProof) error {
	_, err := l.updateWith(ctx, operator, proof)
	return l.expectRefusal(input, err)
}
