using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss.Tests;

/// <summary>Tests that change what the whole process computes with (kernels, threads) run alone.</summary>
[CollectionDefinition("process-wide settings", DisableParallelization = true)]
public class ProcessWideSettings;

/// <summary>Every distance kernel that takes the place of one of FAISS's, at every instruction set this processor has, against a scalar twin.</summary>
[Collection("process-wide settings")]
public unsafe class KernelTests : IDisposable
{
    private readonly string before = FaissRuntime.SimdLevel;

    public void Dispose() => ssf_select_simd(before);

    public static TheoryData<string> Levels() => ["base", "AVX2+FMA", "AVX-512"];

    // Every tail of every vector width, and some long ones.
    private static readonly int[] Dimensions = [.. Enumerable.Range(0, 70), 95, 96, 100, 127, 128, 129, 255, 384, 1000];

    private static void Select(string level)
    {
        if (ssf_select_simd(level) == 0) Assert.Skip($"{level} is not to be had here ({FaissRuntime.SimdLevel})");
        Assert.Equal(level, FaissRuntime.SimdLevel);
    }

    private static float[] Random(int n, int seed)
    {
        var random = new Random(seed);
        // One number more than needed, so that the kernels also meet data that is not aligned.
        return [.. Enumerable.Range(0, n + 1).Select(_ => (float)Managed.Gaussian(random))];
    }

    private static void Close(double expected, double found, double magnitude, string what) =>
        Assert.True(Math.Abs(expected - found) <= 2e-6 * (1 + magnitude), $"{what}: {found} should be {expected}");

    [Theory]
    [MemberData(nameof(Levels))]
    public void Pairs_equal_their_scalar_twins(string level)
    {
        Select(level);
        foreach (int d in Dimensions)
        {
            float[] a = Random(d, d + 1), b = Random(d, d + 1000);
            fixed (float* pa = a, pb = b)
                for (int shift = 0; shift < 2; shift++)
                {
                    float* x = pa + shift, y = pb + shift;
                    double l2 = 0, ip = 0, l1 = 0, linf = 0, norm = 0, size = 0;
                    for (int i = 0; i < d; i++)
                    {
                        double t = (double)x[i] - y[i];
                        l2 += t * t;
                        ip += (double)x[i] * y[i];
                        size += Math.Abs((double)x[i] * y[i]);
                        l1 += Math.Abs(t);
                        linf = Math.Max(linf, Math.Abs(t));
                        norm += (double)x[i] * x[i];
                    }
                    Close(l2, ssf_kernel_pair(0, x, y, d), l2, $"L2 d={d}");
                    Close(ip, ssf_kernel_pair(1, x, y, d), size, $"inner product d={d}");
                    Close(l1, ssf_kernel_pair(2, x, y, d), l1, $"L1 d={d}");
                    Close(linf, ssf_kernel_pair(3, x, y, d), linf, $"Linf d={d}");
                    Close(norm, ssf_kernel_pair(4, x, y, d), norm, $"norm d={d}");
                }
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void One_against_many_equals_its_scalar_twin(string level)
    {
        Select(level);
        foreach (int d in Dimensions.Where(d => d > 0))
            foreach (int rows in new[] { 0, 1, 3, 7, 8, 16, 17, 33 })
            {
                float[] query = Random(d, d), gallery = Random(d * rows, d + 77), found = new float[rows + 1];
                found[rows] = 12345;
                double[] l2 = new double[rows], ip = new double[rows], size = new double[rows];
                for (int j = 0; j < rows; j++)
                    for (int i = 0; i < d; i++)
                    {
                        double x = query[i], y = gallery[j * d + i];
                        l2[j] += (x - y) * (x - y);
                        ip[j] += x * y;
                        size[j] += Math.Abs(x * y);
                    }
                fixed (float* x = query, y = gallery, o = found)
                {
                    ssf_kernel_many(0, o, x, y, null, d, 0, rows);
                    for (int j = 0; j < rows; j++) Close(l2[j], found[j], l2[j], $"L2 of row {j}/{rows} d={d}");
                    ssf_kernel_many(1, o, x, y, null, d, 0, rows);
                    for (int j = 0; j < rows; j++) Close(ip[j], found[j], size[j], $"inner product of row {j}/{rows} d={d}");
                    long nearest = ssf_kernel_many(2, o, x, y, null, d, 0, rows);
                    if (rows == 0) Assert.Equal(0, nearest);
                    else Close(l2.Min(), l2[nearest], l2.Min(), $"nearest of {rows} d={d}");
                }
                Assert.Equal(12345, found[rows]); // nothing is written behind the end
            }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Nearest_among_columns_equals_its_scalar_twin(string level)
    {
        Select(level);
        foreach (int d in new[] { 1, 2, 4, 8, 13, 16 })
            foreach (int rows in new[] { 1, 3, 8, 16, 31, 64, 256 })
            {
                int stride = rows + 5;
                float[] query = Random(d, d), columns = Random(d * stride, d + 5), norms = new float[rows], scratch = new float[rows];
                var distances = new double[rows];
                for (int j = 0; j < rows; j++)
                    for (int i = 0; i < d; i++)
                    {
                        double x = query[i], y = columns[i * stride + j];
                        norms[j] += (float)(y * y);
                        distances[j] += (x - y) * (x - y);
                    }
                fixed (float* x = query, y = columns, n = norms, s = scratch)
                {
                    long nearest = ssf_kernel_many(3, s, x, y, n, d, stride, rows);
                    Close(distances.Min(), distances[nearest], 10 + distances.Max(), $"nearest of {rows} columns d={d}");
                }
            }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Elementwise_operations_equal_their_scalar_twins(string level)
    {
        Select(level);
        foreach (int d in Dimensions)
        {
            float[] a = Random(d, d + 1), b = Random(d, d + 2), c = new float[d + 1];
            const float factor = -1.75f;
            fixed (float* x = a, y = b, z = c)
                for (int which = 0; which < 5; which++)
                {
                    Array.Fill(c, 12345);
                    int smallest = ssf_kernel_elementwise(which, d, x, factor, y, z);
                    for (int i = 0; i < d; i++)
                    {
                        double expected = which switch { 0 => (double)a[i] + b[i], 1 => (double)a[i] + factor, 2 => (double)a[i] - b[i], _ => a[i] + (double)factor * b[i] };
                        Close(expected, c[i], Math.Abs(a[i]) + 2 * Math.Abs(b[i]), $"operation {which} at {i} d={d}");
                    }
                    Assert.Equal(12345, c[d]);
                    if (which == 4) Assert.Equal(d == 0 ? -1 : Array.IndexOf(c, c.AsSpan(0, d).ToArray().Min()), smallest);
                }
        }
    }

    [Fact]
    public void Searches_agree_at_every_instruction_set()
    {
        const int d = 37, k = 10;
        float[] gallery = Managed.Clustered(500, d, 1), queries = Managed.Clustered(30, d, 2);
        using var index = FaissIndex.Create(d, "IVF8,Flat");
        index.Train(gallery);
        index.Add(gallery);
        index.SetParameter("nprobe", 8);
        (long[] expected, _) = Managed.Nearest(gallery, queries, d, k, FaissMetric.L2);
        foreach (string level in Levels().Select(row => row.Data))
            if (ssf_select_simd(level) != 0)
                Assert.True(Managed.Recall(index.Search(queries, k).Ids, expected, k) > 0.999, level);
    }
}
