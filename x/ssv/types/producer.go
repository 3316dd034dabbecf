package types

import (
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

var (
	_ codectypes.UnpackInterfacesMessage = Producer{}
	_ codectypes.UnpackInterfacesMessage = QueryConsensusSetResponse{}
)

// UnpackInterfaces unpacks the public key.
func (p Producer) UnpackInterfaces(unpacker codectypes.AnyUnpacker) error {
	var key cryptotypes.PubKey
	return unpacker.UnpackAny(p.PublicKey, &key)
}

// ConsensusKey returns the public key by which CometBFT knows the producer.
func (p Producer) ConsensusKey() (cryptotypes.PubKey, error) {
	key, ok := p.PublicKey.GetCachedValue().(cryptotypes.PubKey)
	if !ok {
		return nil, sdkerrors.ErrInvalidType.Wrapf("consensus key of %s is %T, want a public key", p.Operator, p.PublicKey.GetCachedValue())
	}
	return key, nil
}

// UnpackInterfaces unpacks the producers' public keys.
func (r QueryConsensusSetResponse) UnpackInterfaces(unpacker codectypes.AnyUnpacker) error {
	for _, producer := range r.Producers {
		if err := producer.UnpackInterfaces(unpacker); err != nil {
			return err
		}
	}
	return nil
}
