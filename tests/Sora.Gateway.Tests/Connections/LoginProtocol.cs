using System.Buffers;
using System.Globalization;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

/// <summary>A protocol in which the client logs in as the user whose number it sends, and out again with "out".</summary>
internal static class LoginProtocol
{
    public static TestProtocol Create() => new(static async connection =>
    {
        var input = new SessionInput(connection);
        while (true)
        {
            if (input.TryReadLine(100, out var line) == LineOutcome.Line)
            {
                var text = Encoding.ASCII.GetString(line.Span);
                var refusal = text == "out" ? null : connection.TryLogIn(new AccountIdentity(new AccountId(long.Parse(text, CultureInfo.InvariantCulture)), "ada@example.org"));
                if (text == "out")
                    connection.LogOut();
                connection.Output.Write(Encoding.ASCII.GetBytes($"{refusal?.Reason ?? "ok"}\r\n"));
            }
            else if (await input.FillAsync(TimeSpan.FromHours(1)) != InputOutcome.Data)
            {
                return;
            }
        }
    });
}
