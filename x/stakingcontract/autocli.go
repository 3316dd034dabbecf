package stakingcontract

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/version"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// AutoCLIOptions describes a command for every query and message; the signer of a message is always --from.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service:           types.Query_serviceDesc.ServiceName,
			RpcCommandOptions: queryCommands(),
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service:              types.Msg_serviceDesc.ServiceName,
			EnhanceCustomCommand: true,
			RpcCommandOptions:    txCommands(),
		},
	}
}

func arguments(fields ...string) []*autocliv1.PositionalArgDescriptor {
	descriptors := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		descriptors[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return descriptors
}

func queryExample(rest string) string {
	return fmt.Sprintf("%s query %s %s", version.AppName, types.ModuleName, rest)
}

func queryCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{RpcMethod: "Params", Use: "params", Short: "The module's parameters"},
		{
			RpcMethod: "Contract", Use: "contract [id]", Short: "A contract, its state and its deposit address",
			PositionalArgs: arguments("id"),
		},
		{RpcMethod: "Contracts", Use: "contracts", Short: "All contracts"},
		{
			RpcMethod: "Ledgers", Use: "ledgers [contract]", Short: "What each vault of a contract holds, as proven",
			PositionalArgs: arguments("contract"),
		},
		{
			RpcMethod: "Solvency", Use: "solvency [contract]", Short: "Both sides of a contract's books",
			PositionalArgs: arguments("contract"),
		},
		{
			RpcMethod: "Proposals", Use: "proposals [contract]", Short: "Observations proposed or being applied, with their votes",
			PositionalArgs: arguments("contract"),
		},
		{
			RpcMethod: "Deposit", Use: "deposit [contract] [tx-hash] [index]", Short: "A deposit by its original-chain transaction",
			PositionalArgs: arguments("contract", "tx_hash", "index"),
		},
		{
			RpcMethod: "Deposits", Use: "deposits [contract]", Short: "A contract's deposits, optionally of one --status",
			PositionalArgs: arguments("contract"), Example: queryExample("deposits 1 --status deposit-status-unmatched"),
		},
		{
			RpcMethod: "ClaimText", Use: "claim-text [contract] [tx-hash] [index] [recipient]",
			Short:          "The text that the sender of an UNMATCHED deposit signs to claim it, and the document that wallets of its chain sign",
			PositionalArgs: arguments("contract", "tx_hash", "index", "recipient"),
		},
		{
			RpcMethod: "Redemption", Use: "redemption [id]", Short: "A redemption with its history and what to expect",
			PositionalArgs: arguments("id"),
		},
		{RpcMethod: "Redemptions", Use: "redemptions", Short: "Redemptions, optionally of one --redeemer, oldest first"},
		{
			RpcMethod: "Client", Use: "client [contract] [account]",
			Short:          "Whether an account's calls of RPC services count; --operator shows how many were counted for one",
			PositionalArgs: arguments("contract", "client"),
		},
		{
			RpcMethod: "Batch", Use: "batch [root]", Short: "What an unfinished series of sessions moves",
			PositionalArgs: arguments("root"),
		},
	}
}

func txCommands() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{
			RpcMethod: "DeployContract", Use: "deploy [contract-json]", Short: "Propose to deploy a contract",
			Long:           "Submits a governance proposal that deploys the contract given as JSON.",
			PositionalArgs: arguments("contract"), GovProposal: true,
		},
		{
			RpcMethod: "UpdateContract", Use: "update [contract-json]", Short: "Propose to update a contract",
			Long:           "Submits a governance proposal that replaces the changeable parts of the contract given as JSON.",
			PositionalArgs: arguments("contract"), GovProposal: true,
		},
		{
			RpcMethod: "SetHalts", Use: "set-halts [contract] [halts-json]", Short: "Propose to stop or start a contract's flows",
			Long: "Submits a governance proposal that sets a contract's halts to those given as JSON. To let flows go on, name with --lifts the halts in force by " +
				"their number, halts_number in the contract's state: where a tripwire fired since, the proposal fails and what it found stays halted. " +
				"A proposal that only stops flows needs no number.",
			Example:        fmt.Sprintf(`%s tx %s set-halts 1 '{"reason": "looked into"}' --lifts 3 --from proposer`, version.AppName, types.ModuleName),
			PositionalArgs: arguments("contract", "halts"), GovProposal: true,
		},
		{
			RpcMethod: "EndContract", Use: "end [contract]", Short: "Propose to end a contract that is wound down and owes little",
			Long: "Submits a governance proposal that ends a contract in wind-down which owes at most its max_remainder. Its committee is dissolved at the " +
				"era's end; what is left stays redeemable by the best effort of those who held its vault last.",
			Example:        fmt.Sprintf(`%s tx %s end 1 --from proposer`, version.AppName, types.ModuleName),
			PositionalArgs: arguments("contract"), GovProposal: true,
		},
		{
			RpcMethod: "Credit", Use: "credit [contract] [recipient] [amount] [tx-hash]", Short: "Propose rTokens for coins that came to a contract's reserve by mistake",
			Long: "Submits a governance proposal that gives rTokens, out of a contract's reserve, for coins that were sent to a vault from inside another message of the " +
				"original chain (a contract, an authorization, an interchain account): nobody can prove who sent those, so that the reserve kept them. " +
				"Voters look at the transaction on the original chain; each is credited once. The hash is hexadecimal.",
			Example: fmt.Sprintf(
				`%s tx %s credit 1 stafi1... 5000000 50AB0D9DDE4F5DD573E3B4504DA5DB8699A23C3805DBC2CF9B69883116D2C8D4 --from proposer`, version.AppName, types.ModuleName,
			),
			PositionalArgs: arguments("contract", "recipient", "amount", "tx_hash"), GovProposal: true,
		},
		{
			RpcMethod: "UpdateParams", Use: "update-params [params-json]", Short: "Propose the module's parameters",
			PositionalArgs: arguments("params"), GovProposal: true,
		},
		{
			RpcMethod: "Observe", Use: "observe [observation-json]", Short: "Propose an observation; relayers do this",
			PositionalArgs: arguments("observation"),
		},
		{
			RpcMethod: "Attest", Use: "attest [contract] [hash-base64]", Short: "Answer a proposed observation; relayers do this",
			PositionalArgs: arguments("contract", "hash"),
		},
		{
			RpcMethod: "SubmitRPCReceipts", Use: "submit-receipts [contract] [era] [receipts-json]...",
			Short:          "Hand in what clients signed for their calls; relayers do this",
			PositionalArgs: append(arguments("contract", "era"), &autocliv1.PositionalArgDescriptor{ProtoField: "receipts", Varargs: true}),
		},
		{
			RpcMethod: "ClaimDeposit", Use: "claim [contract] [tx-hash-base64] [index] [recipient] [public-key-base64] [signature-base64]",
			Short:          "Claim an UNMATCHED deposit with the sending key's signature over its claim-text",
			Long:           "Claim an UNMATCHED deposit with the sending key's signature over its claim-text: 64 bytes of ADR-36, or on Ethereum the 65 bytes that personal_sign gives, for which the key may be left empty (\"\"). What a multisig account sent is claimed by combine-claim. Bytes are in hex without 0x, or in base64.",
			PositionalArgs: arguments("contract", "tx_hash", "index", "recipient", "public_key", "signature"),
		},
		{
			RpcMethod: "Redeem", Use: "redeem [contract] [amount] [recipient]", Short: "Redeem rTokens for the asset on its original chain",
			PositionalArgs: arguments("contract", "amount", "recipient"),
			Example: fmt.Sprintf("%[1]s tx %[2]s redeem 1 2500000 cosmos1… --from alice\n%[1]s tx %[2]s redeem 2 1000000000000000000 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed --from alice",
				version.AppName, types.ModuleName),
		},
		{
			RpcMethod: "CancelRedemption", Use: "cancel [redemption]", Short: "Cancel a redemption that is still QUEUED",
			PositionalArgs: arguments("redemption"),
		},
	}
}
