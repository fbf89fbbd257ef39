using System.Reflection;
using SimSearch;

namespace SimSearch.Tests
{
    public sealed class ProgressBarTests
    {
        [Fact]
        public void Each_step_keeps_its_last_state_whatever_the_order_of_the_reports()
        {
            var bar = new ProgressBar(_ => { });
            Parallel.For(0, 1000, i => bar.Report(new Progress("a", i + 1, 1000)));
            bar.Report(new Progress("b", 0, 0, "unknown"));
            bar.Report(new Progress("a", 3, 1000));
            Assert.Equal([new Progress("a", 1000, 1000), new Progress("b", 0, 0, "unknown")], bar.Steps);
            Assert.Equal("a: 1,000 of 1,000\nb", bar.ToString());
            bar.Report(new Progress("a", 1, 7));
            Assert.Equal(new Progress("a", 1, 7), bar.Steps[0]);
            bar.Report(default);
            Assert.Equal(2, bar.Steps.Count);
        }

        [Fact]
        public void Who_draws_it_hears_only_what_goes_ahead_and_one_at_a_time()
        {
            var heard = new List<long>();
            int inside = 0;
            var bar = new ProgressBar(p =>
            {
                Assert.Equal(1, Interlocked.Increment(ref inside));
                heard.Add(p.Done);
                Interlocked.Decrement(ref inside);
            });
            Parallel.For(0, 500, i => bar.Report(new Progress("a", i, 499)));
            Assert.Equal(heard.Order(), heard);
            Assert.Equal(heard.Distinct(), heard);
            Assert.Equal(499, heard[^1]);
        }

        [Fact]
        public void A_kernel_is_found_by_the_names_of_what_its_cells_call_and_gets_one_output()
        {
            var method = NotebookDisplay.Find([typeof(ProgressBarTests).Assembly]);
            Assert.Equal("Microsoft.DotNet.Interactive.Kernel", method?.DeclaringType?.FullName);
            Assert.Null(NotebookDisplay.Find([typeof(object).Assembly, typeof(Progress).Assembly]));

            Microsoft.DotNet.Interactive.Kernel.Shown.Clear();
            var bar = Progress.Bar;
            for (int i = 0; i <= 20_000; i++) bar.Report(new Progress("work", i, 20_000));
            var shown = Assert.Single(Microsoft.DotNet.Interactive.Kernel.Shown);
            Assert.Equal(["work: 0 of 20,000"], shown.States.Take(1));
            Assert.Equal("work: 20,000 of 20,000", shown.States[^1]);
            // Twenty thousand reports take a moment; ten states a second are shown, and no more.
            Assert.InRange(shown.States.Count, 2, 2000);
        }

        [Fact]
        public void A_kernel_that_fails_does_not_stop_the_work()
        {
            Microsoft.DotNet.Interactive.Kernel.Fails = true;
            try
            {
                var bar = Progress.Bar;
                bar.Report(new Progress("work", 1, 2));
                bar.Report(new Progress("work", 2, 2));
                Assert.Equal("work: 2 of 2", bar.ToString());
            }
            finally
            {
                Microsoft.DotNet.Interactive.Kernel.Fails = false;
            }
        }

        [Fact]
        public void It_shows_itself_by_the_convention_and_without_times_when_it_is_through()
        {
            var bar = new ProgressBar(_ => { });
            bar.Report(new Progress("<b>embedding</b>", 5, 10, "a<b>.wav"));
            var attribute = typeof(ProgressBar).GetCustomAttributes().Single(a => a.GetType().Name == "TypeFormatterSourceAttribute");
            Assert.Contains("text/html", (string[])attribute.GetType().GetProperty("PreferredMimeTypes")!.GetValue(attribute)!);
            string Html() 
            {
                var source = new NotebookFormatterSource<ProgressBar>();
                var formatter = (NotebookFormatterSource<ProgressBar>.Formatter)source.CreateTypeFormatters().First();
                var writer = new StringWriter();
                Assert.True(formatter.Format(bar, writer));
                return writer.ToString();
            }
            Assert.Contains("&lt;b&gt;embedding", Html());
            Assert.Contains("a&lt;b&gt;.wav", Html());
            bar.Report(new Progress("<b>embedding</b>", 10, 10, "last.wav"));
            Assert.DoesNotContain("last.wav", Html());
            Assert.Equal(Html(), Html());
        }
    }
}

// Stands for .NET Interactive, which the library finds by these names.
namespace Microsoft.DotNet.Interactive
{
    /// <summary>What its cells call.</summary>
    public static class Kernel
    {
        [ThreadStatic] private static List<DisplayedValue>? shown;

        /// <summary>What was shown on this thread.</summary>
        public static List<DisplayedValue> Shown => shown ??= [];

        /// <summary>Whether it throws, as outside of a cell.</summary>
        [field: ThreadStatic] public static bool Fails { get; set; }

#pragma warning disable IDE1006 // The name that notebooks know.
        /// <summary>Shows a value.</summary>
        public static DisplayedValue display(object value, params string[] mimeTypes)
        {
            if (Fails) throw new InvalidOperationException("no cell");
            Assert.Empty(mimeTypes);
            Shown.Add(new DisplayedValue());
            Shown[^1].Update(value);
            return Shown[^1];
        }
#pragma warning restore IDE1006
    }

    /// <summary>What can be changed.</summary>
    public sealed class DisplayedValue
    {
        /// <summary>What it showed, in order.</summary>
        public List<string> States { get; } = [];

        /// <summary>Shows another value.</summary>
        public void Update(object value) => States.Add(value.ToString()!);
    }
}
