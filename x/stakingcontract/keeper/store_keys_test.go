package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestRecordsAreStoredWhereProofsLookForThem(t *testing.T) {
	hash := sum("transaction")
	deposit, err := types.DepositStoreKey(7, hash, 3)
	require.NoError(t, err)
	redemption, err := types.RedemptionStoreKey(9)
	require.NoError(t, err)
	f := newFixture(t)
	storedDeposit, storedRedemption := keeper.StoreKeys(f.keeper, 7, hash, 3, 9)
	require.Equal(t, storedDeposit, deposit)
	require.Equal(t, storedRedemption, redemption)
}
