package observe

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestASenderWithALongAddressIsCutToWhatAnObservationTakes(t *testing.T) {
	long, err := bech32.ConvertAndEncode("cosmos", bytes.Repeat([]byte{7}, 100))
	require.NoError(t, err)
	require.Greater(t, len(long), types.MaxSender)
	require.Equal(t, long[:types.MaxSender], notation("cosmos", long))
}
