package beacon

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestDealersThatAgreedOnASecretAreToldApartByWhenTheyOpened(t *testing.T) {
	key, err := pvss.NewSecretKey(bytes.Repeat([]byte{1}, pvss.SeedSize))
	require.NoError(t, err)
	proofs, err := pvss.NewRound("stafi-1", 1, 1, []pvss.PublicKey{key.PublicKey()})
	require.NoError(t, err)
	made, err := pvss.Deal(proofs, "dealer", key)
	require.NoError(t, err)
	dealing, err := pvss.VerifyDealing(proofs, "dealer", made)
	require.NoError(t, err)
	opening, err := pvss.OpenDealing(proofs, "dealer", key)
	require.NoError(t, err)
	first := &dealerReplay{Dealer: types.Dealer{Operator: "first", Revealed: 109}, dealing: &dealing}
	second := &dealerReplay{Dealer: types.Dealer{Operator: "second", Revealed: 108}, dealing: &dealing}
	r := &replay{dealers: []*dealerReplay{{}, first, second}}
	for _, want := range []*dealerReplay{second, first} {
		found, element := r.opener(want.Revealed, opening.Bytes())
		require.Same(t, want, found)
		require.NotEmpty(t, element)
		found.opened = want.Revealed
	}
	none, _ := r.opener(110, opening.Bytes())
	require.Nil(t, none)
}
