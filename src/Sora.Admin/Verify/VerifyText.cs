using System.Text.Json;
using Sora.Mailstore.Bodies.Verify;

namespace Sora.Admin.Verify;

/// <summary>Findings and results as they are shown.</summary>
internal static class VerifyText
{
    public static string KindOf(VerifyFinding finding) => JsonNamingPolicy.KebabCaseLower.ConvertName(finding.Kind.ToString());

    public static string Of(VerifyFinding finding)
    {
        var owner = finding.Owner ?? (finding.Account.Value == 0 ? "staging" : $"account {finding.Account}");
        var repair = finding.Repair is null ? "" : $"; {finding.Repair}";
        return $"{KindOf(finding)}: {owner}: {finding.Where}: {finding.Detail}{repair}";
    }

    public static object Json(VerifyFinding finding) => new
    {
        Kind = KindOf(finding), Account = finding.Account.Value, finding.Owner, Hash = finding.Hash.ToString(), finding.Where, finding.Detail, finding.Repair,
        Repaired = finding.IsRepaired,
    };

    public static string Of(VerifySummary summary)
    {
        var totals = summary.Totals;
        var found = totals.Findings == 0
            ? "nothing is wrong"
            : $"{CommandRun.Shown(totals.Findings)} findings, of which {CommandRun.Shown(totals.Repaired)} are put right";
        var others = summary.OtherNodes > 0 ? $"; {CommandRun.Shown(summary.OtherNodes)} staged files are on other nodes, which have to be asked there" : "";
        var end = summary.IsFinished ? "" : "; it stopped at its limit: --resume goes on";
        return $"{CommandRun.Shown(totals.Bodies)} bodies, {CommandRun.Shown(totals.Bytes)} bytes read: {found}{others}{end}";
    }
}
