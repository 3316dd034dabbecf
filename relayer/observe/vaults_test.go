package observe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func generation(id uint64, status multisigtypes.VaultStatus, created int64) Generation {
	return Generation{
		Vault:   multisigtypes.Vault{Id: id, Status: status, CreatedHeight: created, Threshold: 3, AccountNumber: 9},
		Signers: []multisigtypes.Signer{{Key: []byte{byte(id)}}},
		Ledger:  types.Ledger{Vault: id, Balance: math.NewInt(int64(id))},
	}
}

func idsOf(vaults []Vault) (open, closed []uint64) {
	for _, vault := range vaults {
		if vault.Open {
			open = append(open, vault.ID)
		} else {
			closed = append(closed, vault.ID)
		}
	}
	return open, closed
}

func TestAProposerReportsTheBalancesOfAllThatAreNotClosed(t *testing.T) {
	vaults := Proposing([]Generation{
		generation(4, multisigtypes.VAULT_STATUS_PENDING, 9), generation(3, multisigtypes.VAULT_STATUS_ACTIVE, 8),
		generation(1, multisigtypes.VAULT_STATUS_CLOSED, 1), generation(2, multisigtypes.VAULT_STATUS_RETIRING, 2),
	})
	open, closed := idsOf(vaults)
	require.Equal(t, []uint64{2, 3, 4}, open)
	require.Equal(t, []uint64{1}, closed)
	require.Equal(t, [][]byte{{1}}, vaults[0].Keys)
	require.Equal(t, math.NewInt(1), vaults[0].Ledger)
}

func TestAnAttesterTakesTheVaultSetOfTheProposalWhateverBecameOfIt(t *testing.T) {
	generations := []Generation{
		generation(1, multisigtypes.VAULT_STATUS_CLOSED, 1),
		generation(2, multisigtypes.VAULT_STATUS_CLOSED, 2),
		generation(3, multisigtypes.VAULT_STATUS_ACTIVE, 8),
		generation(4, multisigtypes.VAULT_STATUS_PENDING, 20),
	}
	vaults, err := Attesting(generations, types.Proposal{Height: 20, Balances: []types.Balance{{Vault: 2}, {Vault: 3}}})
	require.NoError(t, err)
	open, closed := idsOf(vaults)
	require.Equal(t, []uint64{2, 3}, open)
	require.Equal(t, []uint64{1}, closed)

	vaults, err = Attesting(generations, types.Proposal{Height: 21, ToIndex: 10})
	require.NoError(t, err)
	open, closed = idsOf(vaults)
	require.Empty(t, open)
	require.Equal(t, []uint64{1, 2, 3, 4}, closed)
}

func TestAProposalThatNamesAVaultOfNoOneIsRefused(t *testing.T) {
	_, err := Attesting(nil, types.Proposal{Contract: 1, Balances: []types.Balance{{Vault: 5}}})
	require.ErrorIs(t, err, ErrVaultSet)
}

func TestALedgerThatIsNotWrittenYetIsEmpty(t *testing.T) {
	vaults := Proposing([]Generation{{Vault: multisigtypes.Vault{Id: 1}}})
	require.Equal(t, math.ZeroInt(), vaults[0].Ledger)
}

func TestOnlyAnActiveVaultOfAnAccountThatIsHandedOnHoldsIt(t *testing.T) {
	for _, c := range []struct {
		kind   multisigtypes.ChainKind
		status multisigtypes.VaultStatus
		holds  bool
	}{
		{multisigtypes.CHAIN_KIND_ETHEREUM, multisigtypes.VAULT_STATUS_ACTIVE, true},
		{multisigtypes.CHAIN_KIND_ETHEREUM, multisigtypes.VAULT_STATUS_PENDING, false},
		{multisigtypes.CHAIN_KIND_ETHEREUM, multisigtypes.VAULT_STATUS_RETIRING, false},
		{multisigtypes.CHAIN_KIND_ETHEREUM, multisigtypes.VAULT_STATUS_CLOSED, false},
		{multisigtypes.CHAIN_KIND_COSMOS, multisigtypes.VAULT_STATUS_ACTIVE, false},
	} {
		g := generation(1, c.status, 1)
		g.Vault.Kind = c.kind
		require.Equal(t, c.holds, Proposing([]Generation{g})[0].Holds, "%s %s", c.kind, c.status)
	}
}
