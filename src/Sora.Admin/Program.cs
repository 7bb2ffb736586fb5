using Sora.Admin;

return await AdminProgram.RunAsync(args, Terminal.OfThisProcess());
