package e2e

import "fmt"

// PrintCommands shows what to try on a network that was left running.
func (l *Life) PrintCommands() {
	info := fmt.Sprintf("%s query stakingcontract contract %d --node %s", l.stafi.Binary, l.contract, l.stafi.address)
	original := l.people[staker]
	l.report.Say("")
	l.report.Say("the deposit address (it changes with every era; eras take a minute here):")
	l.report.Say("  %s", info)
	l.report.Say("stake: pay to it on the original chain, the memo naming who gets the rTokens:")
	l.report.Say("  %s tx bank send %s <deposit address> 10000000%s --note %s --home %s --keyring-backend test --chain-id %s --node %s --gas-prices %s --yes",
		l.original.Binary, original.Name, l.original.Denom, l.user(holder), original.Home, l.original.ID, l.original.address, l.original.GasPrice)
	l.report.Say("see the rTokens:")
	l.report.Say("  %s query bank balances %s --node %s", l.stafi.Binary, l.user(holder), l.stafi.address)
	l.report.Say("redeem:")
	l.report.Say("  %s tx stakingcontract redeem %d 5000000 %s --from %s --home %s --keyring-backend test --chain-id %s --node %s --gas auto --gas-adjustment 1.5 --gas-prices %s --yes",
		l.stafi.Binary, l.contract, original.Address, holder, l.stafi.Users[holder].Home, l.stafi.ID, l.stafi.address, l.stafi.GasPrice)
	l.report.Say("  %s query stakingcontract redemption 1 --node %s", l.stafi.Binary, l.stafi.address)
	l.report.Say("an operator's relayer:")
	l.report.Say("  %s relayer status --home %s", l.stafi.Binary, l.stafi.Operators[0].RelayerHome)
	l.report.Say("ask a member's service, with a receipt that earns it points (one that does not serve says so):")
	l.report.Say("  %s rpc call vault --endpoint %s --contract %d --from %s --home %s --keyring-backend test --chain-id %s",
		l.stafi.Binary, l.stafi.Operators[0].Endpoint, l.contract, holder, l.stafi.Users[holder].Home, l.stafi.ID)
	l.report.Say("committees, candidates, an operator's duties, what the last era's cost and earned, books:")
	for _, query := range []string{"ssv committees", "ssv candidates", "ssv duties " + l.stafi.Operators[0].Address, "ssv settlements", "ssv statement", fmt.Sprintf("stakingcontract solvency %d", l.contract)} {
		l.report.Say("  %s query %s --node %s", l.stafi.Binary, query, l.stafi.address)
	}
	l.report.Say("Ctrl-C stops everything.")
}
