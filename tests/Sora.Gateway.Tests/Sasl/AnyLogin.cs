using System.Security.Cryptography;
using System.Text;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>Logs in over any protocol by any mechanism that needs a password, on a connection of its own.</summary>
internal static class AnyLogin
{
    /// <summary>Each protocol with each mechanism; "password" is its own command for a name and a password.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var protocol in new[] { "imap", "pop3", "managesieve" })
            {
                foreach (var mechanism in new[] { "password", "PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256" })
                {
                    if (protocol != "managesieve" || mechanism != "password")
                        all.Add(protocol, mechanism);
                }
            }

            return all;
        }
    }

    /// <summary>What the server says at last, without IMAP's tag.</summary>
    /// <param name="actFor">An authorization identity; empty for none.</param>
    /// <param name="heard">All that the server has said, with random numbers left out.</param>
    public static async Task<string> TryAsync(
        TestGateway gateway, string protocol, string mechanism, string user, string password, string actFor = "", List<string>? heard = null)
    {
        using var client = await gateway.ConnectAsync();
        var session = new Session(client, protocol, heard ?? []);
        await session.GreetingAsync();
        var answer = mechanism switch
        {
            "password" => await session.PasswordAsync(user, password),
            "PLAIN" => await session.ExchangeAsync(mechanism, Base64($"{actFor}\0{user}\0{password}"), static _ => null),
            "LOGIN" => await session.ExchangeAsync(mechanism, null, Answers(Base64(user), Base64(password))),
            _ => await session.ScramAsync(mechanism, user, password, actFor),
        };

        await session.EndAsync();
        return answer;
    }

    /// <summary>An exchange of one message, and of another one if the server asks again.</summary>
    /// <param name="told">What it asks.</param>
    public static async Task<string> TryOnceAsync(TestGateway gateway, string protocol, string mechanism, string initial, string then, List<string> told)
    {
        using var client = await gateway.ConnectAsync();
        var session = new Session(client, protocol, []);
        await session.GreetingAsync();
        var answer = await session.ExchangeAsync(mechanism, initial, challenge =>
        {
            told.Add(challenge);
            return then;
        });
        await session.EndAsync();
        return answer;
    }

    private static Func<string, string?> Answers(params string[] answers)
    {
        var next = new Queue<string>(answers);
        return _ => next.TryDequeue(out var answer) ? answer : null;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed class Session(TestClient client, string protocol, List<string> heard)
    {
        public async Task GreetingAsync()
        {
            if (protocol != "managesieve")
                await client.LineAsync();
            else
                await ManageSieve.ManageSieveFixture.CapabilitiesAsync(client);
        }

        /// <summary>A maildrop is free again after this.</summary>
        public async Task EndAsync()
        {
            await client.SendAsync(protocol switch { "imap" => "b LOGOUT\r\n", "pop3" => "QUIT\r\n", _ => "LOGOUT\r\n" });
            while (await client.LineAsync() is not null)
            {
            }
        }

        public async Task<string> PasswordAsync(string user, string password)
        {
            if (protocol == "imap")
            {
                await client.SendAsync($"a LOGIN \"{user}\" \"{password}\"\r\n");
            }
            else
            {
                await client.SendAsync($"USER {user}\r\n");
                heard.Add((await client.LineAsync())!.Replace(user, "", StringComparison.Ordinal));
                await client.SendAsync($"PASS {password}\r\n");
            }

            return await LastAsync();
        }

        public async Task<string> ScramAsync(string mechanism, string user, string password, string actFor)
        {
            var scram = new ScramClient(
                user, password, actFor.Length == 0 ? "n,," : $"n,a={actFor},", hash: mechanism == "SCRAM-SHA-1" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
            var step = 0;
            return await ExchangeAsync(mechanism, scram.First, challenge =>
            {
                if (step++ > 0)
                {
                    scram.ShouldBelieve(challenge);
                    return "";
                }

                var final = scram.Final(challenge);
                var parts = scram.Challenge.Split(',');
                heard.Add($"salt of {Convert.FromBase64String(parts[1][2..]).Length}, {parts[2]}, {parts.Length} parts, {parts[0].Length}");
                return final;
            });
        }

        public async Task<string> ExchangeAsync(string mechanism, string? initial, Func<string, string?> answer)
        {
            await client.SendAsync(protocol switch
            {
                "imap" => $"a AUTHENTICATE {mechanism}{(initial is null ? "" : " " + initial)}\r\n",
                "pop3" => $"AUTH {mechanism}{(initial is null ? "" : " " + initial)}\r\n",
                _ => $"AUTHENTICATE \"{mechanism}\"{(initial is null ? "" : $" \"{initial}\"")}\r\n",
            });
            while (true)
            {
                var line = (await client.LineAsync())!;
                if (Challenge(line) is not { } challenge)
                    return Last(line);
                var response = answer(challenge)!;
                await client.SendAsync((protocol == "managesieve" ? $"\"{response}\"" : response) + "\r\n");
            }
        }

        private string? Challenge(string line) => protocol == "managesieve"
            ? line.StartsWith('"') ? line.Trim('"') : null
            : line.StartsWith("+ ", StringComparison.Ordinal) ? line[2..] : null;

        private async Task<string> LastAsync() => Last((await client.LineAsync())!);

        private string Last(string line)
        {
            var text = protocol == "imap" ? line[2..] : line;
            heard.Add(text);
            return text;
        }
    }
}
