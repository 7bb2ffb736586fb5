using System.Globalization;
using System.Text;

namespace Sora.Histories;

/// <summary>A rule that was broken, and the part of the history that shows it.</summary>
/// <param name="Rule">The rule, in a few words.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Operations">The operations without which it would not be wrong.</param>
/// <param name="Matters">Which of what they were told to print; null for none.</param>
public sealed record Violation(string Rule, string What, IReadOnlyList<Operation> Operations, Func<ViewEvent, bool>? Matters = null)
{
    private const int EventsPrinted = 12;

    /// <summary>From the first operation's start to the last one's start.</summary>
    public long Span => Operations.Count == 0 ? 0 : Operations.Max(static operation => operation.Start) - Operations.Min(static operation => operation.Start);

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Rule}: {What}\n");
        foreach (var operation in Operations.Distinct().OrderBy(static operation => operation.Start))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Seconds(operation.Start)}  {operation.Connection}  {operation.Mailbox}  {operation.Command}\n");
            if (Matters is not null)
            {
                foreach (var told in operation.Events.Where(Matters).Take(EventsPrinted))
                    text.Append(CultureInfo.InvariantCulture, $"  {Seconds(told.Time)}    * {told}\n");
            }

            if (operation.End == long.MaxValue)
                text.Append("    never answered\n");
            else
                text.Append(CultureInfo.InvariantCulture, $"  {Seconds(operation.End)}    {(operation.Answer.Length > 0 ? operation.Answer : operation.Outcome)}\n");
        }

        return text.ToString();
    }

    private static string Seconds(long ticks) => History.Time(ticks).TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture).PadLeft(11);
}
