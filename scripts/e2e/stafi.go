package e2e

import (
	"context"
	"fmt"

	"github.com/cosmos/cosmos-sdk/types/query"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// everything is a page that holds all records that a life makes.
var everything = &query.PageRequest{Limit: 1000}

func (n *Network) ssv() ssvtypes.QueryClient           { return ssvtypes.NewQueryClient(n.GRPC) }
func (n *Network) multisig() multisigtypes.QueryClient { return multisigtypes.NewQueryClient(n.GRPC) }

func (n *Network) contracts() contracttypes.QueryClient { return contracttypes.NewQueryClient(n.GRPC) }

// Contract is a contract as deployed and where it stands.
func (n *Network) Contract(ctx context.Context, id uint64) (contracttypes.ContractInfo, error) {
	answer, err := n.contracts().Contract(ctx, &contracttypes.QueryContractRequest{Id: id})
	if err != nil {
		return contracttypes.ContractInfo{}, err
	}
	return answer.Info, nil
}

// Vaults are the contract's vault generations, oldest first.
func (n *Network) Vaults(ctx context.Context, contract uint64) ([]multisigtypes.Vault, error) {
	answer, err := n.multisig().Vaults(ctx, &multisigtypes.QueryVaultsRequest{Contract: contract, Pagination: everything})
	if err != nil {
		return nil, err
	}
	return answer.Vaults, nil
}

// Vault is one generation with its signers in key order.
func (n *Network) Vault(ctx context.Context, id uint64) (*multisigtypes.QueryVaultResponse, error) {
	return n.multisig().Vault(ctx, &multisigtypes.QueryVaultRequest{Id: id})
}

// Session is one attempt with its tally, payload and signers.
func (n *Network) Session(ctx context.Context, id uint64) (*multisigtypes.QuerySessionResponse, error) {
	return n.multisig().Session(ctx, &multisigtypes.QuerySessionRequest{Id: id})
}

// Sessions are all attempts, newest first.
func (n *Network) Sessions(ctx context.Context) ([]multisigtypes.SessionInfo, error) {
	answer, err := n.multisig().Sessions(ctx, &multisigtypes.QuerySessionsRequest{Pagination: everything})
	if err != nil {
		return nil, err
	}
	return answer.Sessions, nil
}

// Era is the number of the current era and whether the work of its change is done.
func (n *Network) Era(ctx context.Context) (*ssvtypes.QueryEraResponse, error) {
	return n.ssv().Era(ctx, &ssvtypes.QueryEraRequest{})
}

// Committee of a contract in the current era.
func (n *Network) Committee(ctx context.Context, contract uint64) (ssvtypes.Committee, bool, error) {
	answer, err := n.ssv().Committees(ctx, &ssvtypes.QueryCommitteesRequest{})
	if err != nil {
		return ssvtypes.Committee{}, false, err
	}
	for _, committee := range answer.Committees {
		if committee.Contract == contract {
			return committee, true, nil
		}
	}
	return ssvtypes.Committee{}, false, nil
}

// Deposit recorded for an output of an original-chain transaction.
func (n *Network) Deposit(ctx context.Context, contract uint64, hash string, index uint32) (contracttypes.Deposit, error) {
	answer, err := n.contracts().Deposit(ctx, &contracttypes.QueryDepositRequest{Contract: contract, TxHash: hash, Index: index})
	if err != nil {
		return contracttypes.Deposit{}, fmt.Errorf("deposit %s/%d: %w", hash, index, err)
	}
	return answer.Deposit, nil
}

// Redemption with its history.
func (n *Network) Redemption(ctx context.Context, id uint64) (contracttypes.RedemptionInfo, error) {
	answer, err := n.contracts().Redemption(ctx, &contracttypes.QueryRedemptionRequest{Id: id})
	if err != nil {
		return contracttypes.RedemptionInfo{}, fmt.Errorf("redemption %d: %w", id, err)
	}
	return answer.Info, nil
}

// Solvency is both sides of the contract's books as StaFi keeps them.
func (n *Network) Solvency(ctx context.Context, contract uint64) (*contracttypes.QuerySolvencyResponse, error) {
	return n.contracts().Solvency(ctx, &contracttypes.QuerySolvencyRequest{Contract: contract})
}

// Ledgers are what StaFi holds proven of each vault, by vault id.
func (n *Network) Ledgers(ctx context.Context, contract uint64) (map[uint64]contracttypes.VaultLedger, error) {
	answer, err := n.contracts().Ledgers(ctx, &contracttypes.QueryLedgersRequest{Contract: contract})
	if err != nil {
		return nil, err
	}
	ledgers := map[uint64]contracttypes.VaultLedger{}
	for _, ledger := range answer.Ledgers {
		ledgers[ledger.Vault.Id] = ledger
	}
	return ledgers, nil
}
